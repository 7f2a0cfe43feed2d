import { Button } from '@mantine/core';
import type { MachineView } from '../../../../core/api/machines.ts';
import { openDialog } from '../../../stores/dialogs.ts';
import { fileName } from '../../../words/file-name.ts';
import { t } from '../settings-words.ts';
import styles from '../settings.module.css';

/** What waits in the machine's own redo log, and the two ways to be done with it. */
export function RedoLogLine({ machine, slot, isLocked }: { machine: MachineView; slot: string; isLocked: boolean }) {
  const redo = machine.disks.find((disk) => disk.slot === slot)?.redo;
  const canDecide = redo !== undefined && !isLocked && machine.jobId === undefined;
  return (
    <div className={styles.wholeLine}>
      <span className={styles.grow} data-testid="disk.redo" title={redo?.path}>
        {redoWords(redo)}
      </span>
      <Button
        data-testid="disk.commit"
        disabled={!canDecide || redo.isOutOfReach === true}
        onClick={() => {
          openDialog({ kind: 'commit-waiting', machineId: machine.id, slot });
        }}
      >
        {t('disk.commit')}
      </Button>
      <Button
        data-testid="disk.discard"
        disabled={!canDecide}
        onClick={() => {
          openDialog({ kind: 'discard-waiting', machineId: machine.id, slot });
        }}
      >
        {t('disk.discard')}
      </Button>
    </div>
  );
}

function redoWords(redo: MachineView['disks'][number]['redo']): string {
  if (redo === undefined) return t('disk.redoNone');
  const facts = { redo: fileName(redo.path), date: new Date(redo.changedAt) };
  if (redo.isOutOfReach === true) return t('disk.redoOutOfReach', facts);
  return redo.allocatedBytes === 0
    ? t('disk.redoEmpty', facts)
    : t('disk.redoWaiting', { ...facts, size: { bytes: redo.allocatedBytes } });
}
