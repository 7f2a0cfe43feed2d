import { Button } from '@mantine/core';
import { useState } from 'react';
import { ErrorNotice } from '../errors/error-notice.tsx';
import type { RedoubtError } from '../errors/redoubt-error.ts';
import type { Confirmation } from '../stores/dialogs.ts';
import { asRedoubtError } from '../transport/as-redoubt-error.ts';
import { defineWords } from '../words/message.ts';
import { DialogBody, DialogFooter, DialogFrame } from './dialog-frame.tsx';

const t = defineWords({ cancel: 'Cancel' });
const textId = 'confirm-text';

/** A question with one verb. The harmless answer has the focus: the gentler way if there is one, else Cancel. */
export function ConfirmDialog({ confirmation, onClose }: { readonly confirmation: Confirmation; readonly onClose: () => void }) {
  const { title, text, confirmLabel, isDanger = false, alternative } = confirmation;
  const [isWorking, setWorking] = useState(false);
  const [error, setError] = useState<RedoubtError>();

  const confirm = async () => {
    setWorking(true);
    setError(undefined);
    try {
      await confirmation.perform();
      onClose();
    } catch (thrown) {
      setError(asRedoubtError(thrown));
      setWorking(false);
    }
  };

  const confirmButton = (
    <Button
      variant={isDanger ? 'outline' : 'filled'}
      {...(isDanger ? { color: 'red' } : {})}
      loading={isWorking}
      onClick={() => void confirm()}
      data-testid="confirm.confirm"
    >
      {confirmLabel}
    </Button>
  );
  return (
    <DialogFrame role="alertdialog" title={title} describedBy={textId} widthPx={460} testId="confirm-dialog" onClose={onClose}>
      <DialogBody id={textId}>
        {text}
        {error === undefined ? undefined : <ErrorNotice error={error} />}
      </DialogBody>
      <DialogFooter start={isDanger ? confirmButton : undefined}>
        <Button onClick={onClose} data-autofocus={alternative === undefined ? true : undefined} data-testid="confirm.cancel">
          {t('cancel')}
        </Button>
        {alternative === undefined ? undefined : (
          <Button
            variant="filled"
            data-autofocus
            data-testid="confirm.alternative"
            onClick={() => {
              onClose();
              alternative.perform();
            }}
          >
            {alternative.label}
          </Button>
        )}
        {isDanger ? undefined : confirmButton}
      </DialogFooter>
    </DialogFrame>
  );
}
