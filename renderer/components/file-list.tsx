import { IconFile } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import styles from './file-list.module.css';

export interface FileListProps {
  /** Accessible name, for example `Files that will be made`. */
  label: string;
  files: readonly { path: string; note?: ReactNode }[];
  testId?: string;
}

/** A short list of files, each perhaps with a note (its size, why it stays). Scrolls when it is long. */
export function FileList({ label, files, testId }: FileListProps) {
  return (
    <ul className={styles.list} aria-label={label} data-testid={testId} tabIndex={files.length > 6 ? 0 : undefined}>
      {files.map((file) => (
        <li key={file.path} className={styles.row}>
          <IconFile size={15} className={styles.icon} aria-hidden="true" />
          <bdi className={styles.path} dir="ltr">
            {file.path}
          </bdi>
          {file.note === undefined ? undefined : <span className={styles.note}>{file.note}</span>}
        </li>
      ))}
    </ul>
  );
}
