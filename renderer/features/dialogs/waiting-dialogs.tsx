import { decideWaiting } from '../../calls/decide-waiting.ts';
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
  const { vm, disk, redo } = useWaiting(machineId, slot);
  if (disk === undefined || redo === undefined) return undefined;
  return (
    <QuestionDialog
      title={t('commit.title', { size: { bytes: redo.allocatedBytes }, vm })}
      verb={t('commit.button')}
      isDanger={false}
      testId="commit"
      onClose={onClose}
      onConfirm={() => decideWaiting({ id: machineId, slot, answer: 'commit' })}
      onRefused={(error) => {
        if (!error.is('disk.has-dependents')) return false;
        onClose();
        openDialog({
          kind: 'commit-dependents',
          machineId,
          parent: error.details.file,
          dependents: error.details.dependents,
        });
        return true;
      }}
    >
      <p className={styles.text}>{t('commit.text', { parent: fileName(disk.path), file: fileName(redo.path) })}</p>
    </QuestionDialog>
  );
}

/** Before kept changes are thrown away. */
export function DiscardWaitingDialog({ machineId, slot, onClose }: WaitingDialogProps) {
  const { vm, redo } = useWaiting(machineId, slot);
  if (redo === undefined) return undefined;
  return (
    <QuestionDialog
      title={t('d3.title', { size: { bytes: redo.allocatedBytes }, vm })}
      verb={t('d3.button')}
      isDanger
      testId="d3"
      onClose={onClose}
      onConfirm={() => decideWaiting({ id: machineId, slot, answer: 'discard' })}
    >
      <p className={styles.text}>{t('d3.text', { vm, date: new Date(redo.changedAt), file: fileName(redo.path) })}</p>
    </QuestionDialog>
  );
}

function useWaiting(machineId: string, slot: string) {
  const machine = useMachine(machineId);
  const disk = machine?.disks.find((candidate) => candidate.slot === slot);
  return { vm: machine?.name ?? '', disk, redo: disk?.redo };
}
