import type { Dependent } from '../../core/api/errors.ts';
import type { CommitDependents, DiskView } from '../../core/api/machines.ts';
import { fromWire, type RedoubtError } from '../errors/redoubt-error.ts';
import type { CommitQuestion } from '../stores/dialogs.ts';
import { useJobs } from '../stores/jobs.ts';
import { findMachine, useMachines } from '../stores/machines.ts';
import { client } from '../transport/client.ts';

export interface WaitingDecision {
  readonly id: string;
  readonly slot: string;
  readonly answer: 'commit' | 'discard';
  /** For a commit: what becomes of other logs that hang from the parent. */
  readonly dependents?: CommitDependents;
}

/**
 * Commits or discards the kept changes of a machine that is off. Returns when the work has begun; a commit
 * goes on as a task, and what stops it is told by the task and the machine.
 */
export async function decideWaiting(decision: WaitingDecision): Promise<void> {
  await client().machines.decideWaiting({ ...decision });
}

/** The question before a waiting log is committed into a disk that others read. */
export function commitQuestion(id: string, disk: DiskView, dependents: readonly Dependent[]): CommitQuestion {
  return {
    parent: disk.path,
    dependents,
    sizeBytes: disk.redo?.allocatedBytes ?? 0,
    isProtected: disk.isProtected === true,
    commit: (way) => decideWaiting({ id, slot: disk.slot, answer: 'commit', dependents: way }),
  };
}

/** The same, but returns when the redo log is gone. Throws what stopped the commit. */
export async function decideWaitingToTheEnd(decision: WaitingDecision): Promise<void> {
  const { id, slot } = decision;
  const jobsBefore = new Set(useJobs.getState().jobs.map((job) => job.id));
  const problemBefore = JSON.stringify(findMachine(id)?.problem);
  await decideWaiting(decision);
  await new Promise<void>((resolve, reject: (error: RedoubtError) => void) => {
    const check = () => {
      const machine = findMachine(id);
      const job = useJobs.getState().jobs.find((one) => one.machineId === id && !jobsBefore.has(one.id));
      const isNewProblem = JSON.stringify(machine?.problem) !== problemBefore;
      const problem = job?.error ?? (isNewProblem ? machine?.problem : undefined);
      const redo = machine?.disks.find((disk) => disk.slot === slot)?.redo;
      if (problem === undefined && (redo !== undefined || machine?.jobId !== undefined)) return;
      for (const stop of subscriptions) stop();
      if (problem === undefined) resolve();
      else reject(fromWire(problem));
    };
    const subscriptions = [useMachines.subscribe(check), useJobs.subscribe(check)];
    check();
  });
}

/** Who else hangs from the parent that a machine's waiting log would be committed into. */
export async function othersOnParent(id: string, slot: string): Promise<readonly Dependent[]> {
  const disk = findMachine(id)?.disks.find((candidate) => candidate.slot === slot);
  if (disk === undefined) return [];
  const { dependents } = await client().disks.dependents({ path: disk.path });
  return dependents.filter((one) => one.path !== disk.redo?.path && one.machineId !== id);
}
