import { useEffect } from 'react';
import { commitQuestion, decideWaiting, lookAtParent } from '../../calls/decide-waiting.ts';
import { openDialog } from '../../stores/dialogs.ts';
import { useMachine } from '../../stores/machines.ts';
import { fileName } from '../../words/file-name.ts';
import { t } from './dialogs-words.ts';
import { QuestionDialog } from './question-dialog.tsx';
import styles from './dialogs.module.css';

export interface WaitingDialogProps {
  machineId: string;
  slot: string;
  onClose: () => void;
}

/** Before kept changes are written into their parent. The commit itself goes on as a task. */
export function CommitWaitingDialog({ machineId, slot, onClose }: WaitingDialogProps) {
  const { machine, vm, disk, redo } = useWaiting({ machineId, slot, onClose });
  if (machine === undefined || disk === undefined || redo === undefined) return undefined;
  return (
    <QuestionDialog
      title={t('commit.title', { size: { bytes: redo.allocatedBytes }, vm })}
      verb={t('commit.button')}
      isDanger={false}
      testId="commit"
      onClose={onClose}
      onConfirm={async () => {
        const found = await lookAtParent(machineId, slot);
        if (found.dependents.length === 0) await decideWaiting({ id: machineId, slot, answer: 'commit' });
        else openDialog({ kind: 'commit-dependents', machineId, question: commitQuestion(machine, disk, found) });
      }}
    >
      <p className={styles.text}>{t('commit.text', { parent: fileName(disk.path), file: fileName(redo.path) })}</p>
    </QuestionDialog>
  );
}

/** Before kept changes are thrown away. */
export function DiscardWaitingDialog({ machineId, slot, onClose }: WaitingDialogProps) {
  const { vm, redo } = useWaiting({ machineId, slot, onClose });
  if (redo === undefined) return undefined;
  const isKnown = redo.isOutOfReach !== true;
  const values = {
    size: { bytes: redo.allocatedBytes },
    vm,
    date: new Date(redo.changedAt),
    file: fileName(redo.path),
  };
  return (
    <QuestionDialog
      title={t(isKnown ? 'd3.title' : 'd3.titleOutOfReach', values)}
      verb={t('d3.button')}
      isDanger
      testId="d3"
      onClose={onClose}
      onConfirm={() => decideWaiting({ id: machineId, slot, answer: 'discard' })}
    >
      <p className={styles.text}>{t(isKnown ? 'd3.text' : 'd3.textOutOfReach', values)}</p>
    </QuestionDialog>
  );
}

/** The log that the question is about; once it is gone there is nothing to ask, and the dialog closes. */
function useWaiting({ machineId, slot, onClose }: WaitingDialogProps) {
  const machine = useMachine(machineId);
  const disk = machine?.disks.find((candidate) => candidate.slot === slot);
  const isGone = disk?.redo === undefined;
  useEffect(() => {
    if (isGone) onClose();
  }, [isGone, onClose]);
  return { machine, vm: machine?.name ?? '', disk, redo: disk?.redo };
}
