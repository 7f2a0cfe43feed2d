import type { Dependent } from '../../core/api/errors.ts';
import type { CommitDependents, DiskView, MachineView } from '../../core/api/machines.ts';
import { joinPath } from '../components/path-text.ts';
import { fromWire, type RedoubtError } from '../errors/redoubt-error.ts';
import type { CommitQuestion } from '../stores/dialogs.ts';
import { useJobs } from '../stores/jobs.ts';
import { findMachine, useMachines } from '../stores/machines.ts';
import { fileName } from '../words/file-name.ts';
import { client } from '../transport/client.ts';

export interface WaitingDecision {
  readonly id: string;
  readonly slot: string;
  readonly answer: 'commit' | 'discard';
  /** For a commit: what becomes of other logs that hang from the parent. */
  readonly dependents?: CommitDependents;
  /** For a commit: first file of a new disk that takes the content instead. */
  readonly copyTo?: string;
}

/**
 * Commits or discards the kept changes of a machine that is off. Returns when the work has begun; a commit
 * goes on as a task, and what stops it is told by the task and the machine.
 */
export async function decideWaiting(decision: WaitingDecision): Promise<void> {
  await client().machines.decideWaiting({ ...decision });
}

/** The question before a waiting log is committed into a disk that others read. */
export function commitQuestion(
  { id, name: vm, directory }: Pick<MachineView, 'id' | 'name' | 'directory'>,
  { slot, path: parent, redo }: DiskView,
  { dependents, isProtected }: { dependents: readonly Dependent[]; isProtected: boolean },
): CommitQuestion {
  return {
    parent,
    dependents,
    sizeBytes: redo?.allocatedBytes ?? 0,
    isProtected,
    commit: (way) => decideWaiting({ id, slot, answer: 'commit', dependents: way }),
    copy: {
      vm,
      parent,
      proposed: proposedCopy(directory, parent),
      perform: (copyTo) => decideWaiting({ id, slot, answer: 'commit', copyTo }),
    },
  };
}

/** A new disk's first file in a machine's folder, after the disk that it is a copy of: `win2k-copy.vmdk`. */
export function proposedCopy(directory: string, parent: string): string {
  const stem = fileName(parent).replace(/\.(vmdk|dsk)\b.*$/i, '');
  return joinPath(directory, `${stem}-copy.vmdk`);
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

/** Who else hangs from the parent that a machine's waiting log would be committed into, and whether that may be written. */
export async function lookAtParent(
  id: string,
  slot: string,
): Promise<{ dependents: readonly Dependent[]; isProtected: boolean }> {
  const disk = findMachine(id)?.disks.find((candidate) => candidate.slot === slot);
  if (disk === undefined) return { dependents: [], isProtected: false };
  const { path, redo, isProtected: wasProtected = false } = disk;
  const { dependents } = await client().disks.dependents({ path });
  // Protection may have come from outside, which nobody has told the window.
  const isProtected = await client()
    .disks.inspect({ path })
    .then(
      ({ chain }) => chain.links[0]?.isReadOnly === true,
      () => wasProtected,
    );
  return { dependents: dependents.filter((one) => one.path !== redo?.path && one.machineId !== id), isProtected };
}
