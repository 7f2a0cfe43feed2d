import { Button } from '@mantine/core';
import { useId, useState } from 'react';
import type { CommitDependents } from '../../../core/api/machines.ts';
import { decideWaitingToTheEnd, lookAtParent } from '../../calls/decide-waiting.ts';
import { DialogBody, DialogFooter, DialogFrame } from '../../components/dialog-frame.tsx';
import { Notice } from '../../components/notice.tsx';
import { sayProblem } from '../../components/problem-words.ts';
import type { RedoubtError } from '../../errors/redoubt-error.ts';
import { openDialog } from '../../stores/dialogs.ts';
import { asRedoubtError } from '../../transport/as-redoubt-error.ts';
import { fileName } from '../../words/file-name.ts';
import { t } from './power-on-words.ts';
import styles from './power-on.module.css';

export interface DecideFirstDialogProps {
  machineId: string;
  error: RedoubtError<'machine.decide-first'>;
  /** Does what had to wait, once the log is gone. */
  onDecided: (() => void) | undefined;
  onClose: () => void;
}

/** Mode or file was to change while a kept redo log holds changes: nothing is dropped silently. */
export function DecideFirstDialog({ machineId, error, onDecided, onClose }: DecideFirstDialogProps) {
  const { slot, disk, allocatedBytes, what } = error.details;
  const textId = useId();
  const [busyWith, setBusyWith] = useState<'commit' | 'discard'>();
  const [failure, setFailure] = useState<RedoubtError>();

  const decide = async (answer: 'commit' | 'discard') => {
    setBusyWith(answer);
    setFailure(undefined);
    try {
      const found = answer === 'commit' ? await lookAtParent(machineId, slot) : undefined;
      if (found !== undefined && found.dependents.length > 0) {
        const question = {
          parent: disk,
          ...found,
          sizeBytes: allocatedBytes,
          commit: async (way: CommitDependents) => {
            await decideWaitingToTheEnd({ id: machineId, slot, answer: 'commit', dependents: way });
            onClose();
            onDecided?.();
          },
        };
        openDialog({ kind: 'commit-dependents', machineId, question });
        setBusyWith(undefined);
        return;
      }
      await decideWaitingToTheEnd({ id: machineId, slot, answer });
      onClose();
      onDecided?.();
    } catch (thrown) {
      setBusyWith(undefined);
      setFailure(asRedoubtError(thrown));
    }
  };

  return (
    <DialogFrame
      role="alertdialog"
      title={t('p3.title')}
      describedBy={textId}
      testId="p3"
      canClose={busyWith === undefined}
      onClose={onClose}
    >
      <DialogBody>
        <p id={textId} className={styles.text}>
          {t(what === 'mode' ? 'p3.textMode' : 'p3.textFile', {
            disk: fileName(disk),
            size: { bytes: allocatedBytes },
          })}
        </p>
        {failure === undefined ? undefined : <Notice kind="problem">{sayProblem(failure)}</Notice>}
      </DialogBody>
      <DialogFooter
        start={
          <Button
            variant="outline"
            color="red"
            data-testid="p3.discard"
            disabled={busyWith === 'commit'}
            loading={busyWith === 'discard'}
            onClick={() => void decide('discard')}
          >
            {t('p3.discard')}
          </Button>
        }
      >
        <Button
          data-testid="p3.commit"
          disabled={busyWith === 'discard'}
          loading={busyWith === 'commit'}
          onClick={() => void decide('commit')}
        >
          {t('p3.commit')}
        </Button>
        <Button
          variant="filled"
          data-autofocus
          data-testid="p3.cancel"
          disabled={busyWith !== undefined}
          onClick={onClose}
        >
          {t('p3.cancel')}
        </Button>
      </DialogFooter>
    </DialogFrame>
  );
}
