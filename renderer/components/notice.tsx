import type { ReactNode } from 'react';
import { IconAlertTriangle, IconCircleX, IconInfoCircle } from '@tabler/icons-react';
import styles from './notice.module.css';

export interface NoticeProps {
  kind: 'info' | 'warning' | 'problem';
  children: ReactNode;
  /** Buttons that mend what the sentence says. */
  actions?: ReactNode;
  id?: string;
  testId?: string;
  /** Spoken when it appears. Off for sentences that stand there from the start. */
  isLive?: boolean;
}

const icons = { info: IconInfoCircle, warning: IconAlertTriangle, problem: IconCircleX };

/** A sentence that the user should notice, with its mending beside it. State is shown by icon and words, not by colour alone. */
export function Notice({ kind, children, actions, id, testId, isLive = true }: NoticeProps) {
  const Icon = icons[kind];
  return (
    <div
      className={styles.notice}
      data-kind={kind}
      id={id}
      data-testid={testId}
      role={isLive ? (kind === 'problem' ? 'alert' : 'status') : undefined}
    >
      <Icon className={styles.icon} size={18} aria-hidden="true" />
      <div className={styles.words}>{children}</div>
      {actions === undefined ? undefined : <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
