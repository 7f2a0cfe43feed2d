import type { Dependent } from '../../../core/api/errors.ts';
import { t } from './dialogs-words.ts';
import styles from './dialogs.module.css';

/** Who hangs from a disk: machines with their state, and redo logs that no machine uses. Reached before the buttons. */
export function DependentsList({ label, dependents }: { label: string; dependents: readonly Dependent[] }) {
  return (
    <>
      <p className={styles.text}>{label}</p>
      <ul className={styles.dependents} aria-label={label} tabIndex={0} data-testid="dependents">
        {dependents.map((dependent) => (
          <li key={dependent.path} title={dependent.path}>
            {dependent.machineName === undefined
              ? t('d1.loose', { path: dependent.path })
              : t('d1.machine', {
                  vm: dependent.machineName,
                  state: t(dependent.isRunning === true ? 'd1.running' : 'd1.off'),
                })}
          </li>
        ))}
      </ul>
    </>
  );
}
