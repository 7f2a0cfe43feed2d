import { IconAlertTriangle } from '@tabler/icons-react';
import type { ErrorContext } from '../stores/dialogs.ts';
import { ErrorCodeLine, ErrorFacts, ErrorSteps } from './error-body.tsx';
import styles from './error-body.module.css';
import { errorMessage } from './error-messages.ts';
import type { RedoubtError } from './redoubt-error.ts';

/** An error where it belongs on the page: what failed, why, what to do, and its code. */
export function ErrorNotice(props: {
  readonly error: RedoubtError;
  readonly context?: ErrorContext;
  readonly testId?: string;
}) {
  const { error, context = {}, testId } = props;
  return (
    <section className={styles.notice} role="alert" data-testid={testId ?? 'error-notice'} data-code={error.code}>
      <IconAlertTriangle className={styles.icon} size={18} aria-hidden="true" />
      <h3 className={styles.title}>{errorMessage(error).title}</h3>
      <div className={styles.below}>
        <ErrorFacts error={error} />
        <div className={styles.buttons}>
          <ErrorSteps error={error} context={context} />
          <ErrorCodeLine error={error} />
        </div>
      </div>
    </section>
  );
}
