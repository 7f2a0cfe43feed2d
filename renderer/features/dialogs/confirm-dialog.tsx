import type { Confirmation } from '../../stores/dialogs.ts';
import { QuestionDialog } from './question-dialog.tsx';
import styles from './dialogs.module.css';

/** A question that an action asks in its own words. */
export function ConfirmDialog({ confirmation, onClose }: { confirmation: Confirmation; onClose: () => void }) {
  const { title, text, confirmLabel, isDanger = false, alternative, perform } = confirmation;
  return (
    <QuestionDialog
      title={title}
      verb={confirmLabel}
      isDanger={isDanger}
      testId="confirm"
      onClose={onClose}
      onConfirm={perform}
      {...(alternative === undefined ? {} : { alternative })}
    >
      {text === undefined ? undefined : <p className={styles.text}>{text}</p>}
    </QuestionDialog>
  );
}
