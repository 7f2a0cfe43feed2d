import { Button } from '@mantine/core';
import type { DiskView, MachineView } from '../../../core/api/machines.ts';
import { canPowerOn, isAtRest } from '../../actions/power-state.ts';
import { readActionContext } from '../../actions/context.ts';
import { startMachine } from '../../actions/power-on.ts';
import { attempt } from '../../actions/run-action.ts';
import { Notice } from '../../components/notice.tsx';
import { ErrorNotice } from '../../errors/error-notice.tsx';
import { fromWire } from '../../errors/redoubt-error.ts';
import { openDialog } from '../../stores/dialogs.ts';
import { fileName } from '../../words/file-name.ts';
import { JobProgress } from '../tasks/job-progress.tsx';
import styles from './machine-page.module.css';
import { NoSpaceNotice } from './no-space-notice.tsx';
import { t } from './words.ts';

/** What must be known of a machine before anything else: its errors, its running commit, changes that wait. */
export function MachineNotices({ machine }: { readonly machine: MachineView }) {
  const target = { kind: 'machine', id: machine.id } as const;
  const retry = () => {
    void attempt(() => startMachine(machine.id), machine.id);
  };
  const context = { machineId: machine.id, ...(canPowerOn(readActionContext(target)) === true ? { retry } : {}) };
  const diskProblems = machine.disks.filter(
    (disk) => disk.problem !== undefined && disk.problem.code !== machine.problem?.code,
  );
  const waiting =
    machine.hasWaitingChanges && machine.jobId === undefined
      ? machine.disks.filter((disk) => disk.redo !== undefined)
      : [];
  const hasAny =
    machine.paused?.reason === 'no-space' ||
    machine.problem !== undefined ||
    diskProblems.length > 0 ||
    waiting.length > 0 ||
    machine.jobId !== undefined;
  if (!hasAny) return undefined;
  return (
    <div className={styles.notices}>
      <NoSpaceNotice machine={machine} />
      {machine.problem === undefined ? undefined : (
        <ErrorNotice error={fromWire(machine.problem)} context={context} testId="machine.problem" />
      )}
      {diskProblems.map((disk) =>
        disk.problem === undefined ? undefined : (
          <ErrorNotice
            key={disk.slot}
            error={fromWire(disk.problem)}
            context={{ machineId: machine.id }}
            testId="disk.problem"
          />
        ),
      )}
      {machine.jobId === undefined ? undefined : <JobProgress jobId={machine.jobId} />}
      {waiting.map((disk) => (
        <WaitingNotice key={disk.slot} machine={machine} disk={disk} />
      ))}
    </div>
  );
}

/** Changes that were kept: how much, where, since when, and the two ways to decide. */
function WaitingNotice({ machine, disk }: { readonly machine: MachineView; readonly disk: DiskView }) {
  const { redo } = disk;
  if (redo === undefined) return undefined;
  const values = { size: { bytes: redo.allocatedBytes }, redo: fileName(redo.path), date: new Date(redo.changedAt) };
  const canDecide = isAtRest(readActionContext({ kind: 'machine', id: machine.id })) === true;
  const ask = (kind: 'commit-waiting' | 'discard-waiting') => {
    openDialog({ kind, machineId: machine.id, slot: disk.slot });
  };
  return (
    <Notice
      kind="warning"
      testId="machine.waiting"
      isLive={false}
      actions={
        canDecide ? (
          <>
            {redo.isOutOfReach === true ? undefined : (
              <Button
                data-testid="waiting.commit"
                onClick={() => {
                  ask('commit-waiting');
                }}
              >
                {t('waiting.commit')}
              </Button>
            )}
            <Button
              data-testid="waiting.discard"
              onClick={() => {
                ask('discard-waiting');
              }}
            >
              {t('waiting.discard')}
            </Button>
          </>
        ) : undefined
      }
    >
      {t(waitingWords(redo), values)}
    </Notice>
  );
}

function waitingWords({ isOutOfReach, isUnclean, allocatedBytes }: NonNullable<DiskView['redo']>) {
  if (isOutOfReach === true) return 'waiting.outOfReach';
  if (isUnclean) return 'waiting.unclean';
  return allocatedBytes === 0 ? 'waiting.empty' : 'waiting.text';
}
