import { Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { DialogBody, DialogFooter, DialogFrame } from '../components/dialog-frame.tsx';
import type { ErrorContext } from '../stores/dialogs.ts';
import { ErrorCodeLine, ErrorFacts, ErrorSteps, hasSteps } from './error-body.tsx';
import styles from './error-body.module.css';
import { errorMessage } from './error-messages.ts';
import type { RedoubtError } from './redoubt-error.ts';
import { t } from './words.ts';

const factsId = 'error-facts';

/** An error that answers something a person just did. Closing it changes nothing. */
export function ErrorDialog(props: { readonly error: RedoubtError; readonly context?: ErrorContext; readonly onClose: () => void }) {
  const { error, context = {}, onClose } = props;
  const isAdvised = hasSteps(error, context);
  return (
    <DialogFrame
      role="alertdialog"
      title={errorMessage(error).title}
      describedBy={factsId}
      widthPx={500}
      testId="error-dialog"
      onClose={onClose}
    >
      <DialogBody id={factsId}>
        <div className={styles.heading}>
          <IconAlertTriangle className={styles.icon} size={26} aria-hidden="true" />
          <div>
            <ErrorFacts error={error} />
          </div>
        </div>
      </DialogBody>
      <DialogFooter start={<ErrorCodeLine error={error} />}>
        <Button variant={isAdvised ? 'default' : 'filled'} onClick={onClose} data-autofocus={isAdvised ? undefined : true} data-testid="error.close">
          {t('close')}
        </Button>
        <ErrorSteps error={error} context={context} onTaken={onClose} isPrimary />
      </DialogFooter>
    </DialogFrame>
  );
}
