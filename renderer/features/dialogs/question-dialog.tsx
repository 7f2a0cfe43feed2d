import { Button } from '@mantine/core';
import { useId, useState, type ReactNode } from 'react';
import { DialogBody, DialogFooter, DialogFrame } from '../../components/dialog-frame.tsx';
import { Notice } from '../../components/notice.tsx';
import { sayProblem } from '../../components/problem-words.ts';
import type { RedoubtError } from '../../errors/redoubt-error.ts';
import { asRedoubtError } from '../../transport/as-redoubt-error.ts';
import { t } from './dialogs-words.ts';

export interface QuestionDialogProps {
  title: string;
  children: ReactNode;
  /** The verb of the title. */
  verb: string;
  isDanger: boolean;
  /** Does it. What it throws is shown in place, and the dialog stays open. */
  onConfirm: () => void | Promise<void>;
  onClose: () => void;
  /** A gentler way, which then has the focus instead of Cancel. */
  alternative?: { label: string; perform: () => void };
  /** Nothing can be confirmed yet. */
  isDisabled?: boolean;
  /** Test ids are `{testId}.confirm`, `{testId}.cancel`. */
  testId: string;
}

/** A question with one verb. Cancel has the focus, and Esc means it. */
export function QuestionDialog(props: QuestionDialogProps) {
  const { title, children, verb, isDanger, onConfirm, onClose, alternative, isDisabled = false, testId } = props;
  const textId = useId();
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<RedoubtError>();

  const confirm = async () => {
    setIsBusy(true);
    setFailure(undefined);
    try {
      await onConfirm();
      onClose();
    } catch (thrown) {
      setIsBusy(false);
      setFailure(asRedoubtError(thrown));
    }
  };

  return (
    <DialogFrame
      role="alertdialog"
      title={title}
      describedBy={textId}
      testId={testId}
      canClose={!isBusy}
      onClose={onClose}
    >
      <DialogBody>
        <div id={textId}>{children}</div>
        {failure === undefined ? undefined : <Notice kind="problem">{sayProblem(failure)}</Notice>}
      </DialogBody>
      <DialogFooter
        start={
          isDanger ? (
            <Button
              variant="outline"
              color="red"
              data-testid={`${testId}.confirm`}
              loading={isBusy}
              disabled={isDisabled}
              onClick={() => void confirm()}
            >
              {verb}
            </Button>
          ) : undefined
        }
      >
        {isDanger ? undefined : (
          <Button
            data-testid={`${testId}.confirm`}
            loading={isBusy}
            disabled={isDisabled}
            onClick={() => void confirm()}
          >
            {verb}
          </Button>
        )}
        <Button
          variant={alternative === undefined ? 'filled' : 'default'}
          data-testid={`${testId}.cancel`}
          disabled={isBusy}
          {...(alternative === undefined ? { 'data-autofocus': true } : {})}
          onClick={onClose}
        >
          {t('cancel')}
        </Button>
        {alternative === undefined ? undefined : (
          <Button
            variant="filled"
            data-autofocus
            data-testid={`${testId}.alternative`}
            disabled={isBusy}
            onClick={() => {
              onClose();
              alternative.perform();
            }}
          >
            {alternative.label}
          </Button>
        )}
      </DialogFooter>
    </DialogFrame>
  );
}
