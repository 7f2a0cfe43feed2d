import { fileName } from '../../words/file-name.ts';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { QuestionDisk } from './power-off-facts.ts';
import { t } from './power-off-words.ts';
import styles from './power-off.module.css';

/** How many others hang from the parent; opened, who they are. */
export function DependentsLine({ disk }: { disk: QuestionDisk }) {
  const known = disk.dependents;
  return (
    <details className={styles.dependents} data-testid="p1.deps">
      <summary>
        <IconAlertTriangle size={16} aria-hidden="true" className={styles.warning} />
        {t('p1.deps', { n: Math.max(1, known.length), parent: fileName(disk.parent) })}
      </summary>
      <ul>
        {known.map((dependent) => (
          <li key={dependent.path}>
            {dependent.machineName === undefined ? dependent.path : `${dependent.machineName}: ${dependent.path}`}
          </li>
        ))}
      </ul>
    </details>
  );
}
