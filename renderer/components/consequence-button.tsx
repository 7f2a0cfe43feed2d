import { useId, type Ref } from 'react';
import styles from './consequence-button.module.css';

export interface ConsequenceButtonProps {
  /** The verb. */
  title: string;
  /** What will have happened afterwards. */
  consequence: string;
  look: 'primary' | 'plain' | 'danger';
  onClick: () => void;
  testId: string;
  /** Underlined in the title, for Alt+letter. */
  accessKey?: string;
  isDisabled?: boolean;
  isBusy?: boolean;
  /** Gets the focus when its dialog opens. */
  isFirst?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

/** An answer to a question that says, on the button, what it will do. */
export function ConsequenceButton(props: ConsequenceButtonProps) {
  const {
    title,
    consequence,
    look,
    onClick,
    testId,
    accessKey,
    isDisabled = false,
    isBusy = false,
    isFirst = false,
    ref,
  } = props;
  const id = useId();
  return (
    <button
      ref={ref}
      type="button"
      className={styles.button}
      data-look={look}
      data-testid={testId}
      data-busy={isBusy}
      disabled={isDisabled}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      aria-keyshortcuts={accessKey === undefined ? undefined : `Alt+${accessKey}`}
      {...(isFirst ? { 'data-autofocus': true } : {})}
      onClick={onClick}
    >
      <span id={`${id}-title`} className={styles.title}>
        {title}
      </span>
      <span id={`${id}-text`} className={styles.text}>
        {consequence}
      </span>
    </button>
  );
}
