import { Button } from '@mantine/core';
import { useId } from 'react';
import { DialogBody, DialogFooter, DialogFrame } from '../../components/dialog-frame.tsx';
import { performNextStep } from '../../errors/perform-next-step.ts';
import type { RedoubtError } from '../../errors/redoubt-error.ts';
import { openDialog, type ErrorContext } from '../../stores/dialogs.ts';
import { useMachine } from '../../stores/machines.ts';
import { fileName } from '../../words/file-name.ts';
import { t } from './power-on-words.ts';
import styles from './power-on.module.css';

export interface ProtectedBaseDialogProps {
  error: RedoubtError<'disk.read-only'> | RedoubtError<'disk.has-dependents'>;
  context: ErrorContext & { machineId: string };
  onClose: () => void;
}

/** A persistent machine was to start on a base that others live from. The way out keeps them whole. */
export function ProtectedBaseDialog({ error, context, onClose }: ProtectedBaseDialogProps) {
  const vm = useMachine(context.machineId)?.name ?? '';
  const { file, dependents } = error.details;
  const isProtected = error.is('disk.read-only');
  const textId = useId();
  return (
    <DialogFrame
      role="alertdialog"
      title={t(isProtected ? 'e4.title' : 'e4.titleShared', { vm })}
      describedBy={textId}
      widthPx={580}
      testId="e4"
      onClose={onClose}
    >
      <DialogBody>
        <p id={textId} className={styles.text}>
          {t(isProtected ? 'e4.text' : 'e4.textShared', { base: fileName(file), n: dependents.length, vm })}
        </p>
      </DialogBody>
      <DialogFooter>
        <Button data-testid="e4.cancel" onClick={onClose}>
          {t('e4.cancel')}
        </Button>
        <Button
          data-testid="e4.new"
          onClick={() => {
            onClose();
            openDialog({ kind: 'new-machine', basePath: file });
          }}
        >
          {t('e4.new')}
        </Button>
        <Button
          variant="filled"
          data-autofocus
          data-testid="e4.switch"
          onClick={() => {
            onClose();
            void performNextStep({ kind: 'switch-to-undoable' }, context);
          }}
        >
          {t('e4.switch')}
        </Button>
      </DialogFooter>
    </DialogFrame>
  );
}
