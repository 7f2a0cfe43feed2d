import type { ReactNode } from 'react';
import styles from './empty-state.module.css';

/** Where there is nothing yet: what that means, and what to do about it. */
export function EmptyState(props: {
  readonly title: string;
  readonly text?: string;
  readonly icon?: ReactNode;
  /** Part of a page rather than the whole of it. */
  readonly isInline?: boolean;
  readonly children?: ReactNode;
}) {
  const { title, text, icon, isInline = false, children } = props;
  return (
    <div className={styles.empty} data-inline={isInline || undefined}>
      {icon}
      <h2 className={styles.title}>{title}</h2>
      {text === undefined ? undefined : <p className={styles.text}>{text}</p>}
      {children === undefined ? undefined : <div className={styles.actions}>{children}</div>}
    </div>
  );
}
