import { fromWire } from '../errors/redoubt-error.ts';
import { useJobs } from '../stores/jobs.ts';
import { findMachine, useMachines } from '../stores/machines.ts';
import { client } from '../transport/client.ts';

export interface WaitingDecision {
  readonly id: string;
  readonly slot: string;
  readonly answer: 'commit' | 'discard';
}

/** Commits or discards the kept changes of a machine that is off. Returns when the work has begun; a commit goes on as a task. */
export async function decideWaiting({ id, slot, answer }: WaitingDecision): Promise<void> {
  await client().machines.decideWaiting({ id, slot, answer });
}

/** The same, but returns when the redo log is gone. Throws what stopped the commit. */
export async function decideWaitingToTheEnd(decision: WaitingDecision): Promise<void> {
  await decideWaiting(decision);
  await new Promise<void>((resolve, reject) => {
    const stop = [useMachines.subscribe(check), useJobs.subscribe(check)];
    const end = (settle: () => void) => {
      for (const unsubscribe of stop) unsubscribe();
      settle();
    };
    function check(): void {
      const machine = findMachine(decision.id);
      const disk = machine?.disks.find((candidate) => candidate.slot === decision.slot);
      const failed = useJobs.getState().jobs.find((job) => job.machineId === decision.id && job.state === 'failed');
      if (disk?.redo === undefined && machine?.jobId === undefined) end(resolve);
      else if (failed?.error !== undefined)
        end(() => {
          reject(fromWire(failed.error as Parameters<typeof fromWire>[0]));
        });
    }
    check();
  });
}
