import { IconArrowRight, IconLock } from '@tabler/icons-react';
import { fileName } from '../words/file-name.ts';
import styles from './chain-text.module.css';

export interface ChainTextProps {
  /** From the base to the disk itself, as read from left to right. */
  links: readonly { path: string; isReadOnly: boolean; isPlanned?: boolean }[];
  testId?: string;
}

/**
 * The chain of a disk as a line of text: base first, each redo log after what it hangs from.
 * Order and locks are in the words too, so that nothing is lost without the arrows.
 */
export function ChainText({ links, testId }: ChainTextProps) {
  return (
    <ol className={styles.chain} aria-label="Chain, from the base to the disk" data-testid={testId} dir="ltr">
      {links.map((link, index) => (
        <li key={link.path} className={styles.link} data-planned={link.isPlanned === true} title={link.path}>
          {index === 0 ? undefined : <IconArrowRight size={14} className={styles.arrow} aria-hidden="true" />}
          <span className={styles.name}>{fileName(link.path)}</span>
          {link.isReadOnly ? (
            <IconLock size={14} className={styles.lock} role="img" aria-label="read-only" />
          ) : undefined}
        </li>
      ))}
    </ol>
  );
}
