import { basename } from 'node:path';
import type { JobView } from '../api/jobs.ts';
import { entryPoint } from '../base/entry-points.ts';
import { describeRedo } from '../disk/describe/describe-redo.ts';
import type { OpenContext } from '../disk/open-context.ts';
import { JobRegistry } from '../jobs/job-registry.ts';
import { DecisionPostponed } from '../machines/carry-out-decisions.ts';

export interface CommitJob {
  readonly machineId: string;
  readonly redo: string;
  readonly context: OpenContext;
  readonly dependents?: 'preserve' | 'break' | undefined;
  /** A new disk that takes all of the content; log and parent stay. */
  readonly copyTo?: string | undefined;
  /** By which that disk can be told to be the copy. */
  readonly copyLinkId?: string | undefined;
}

/** The long work of machines: started here, watched and cancelled by everybody. */
export class MachineJobs {
  private readonly registry = new JobRegistry(entryPoint('job'));
  private readonly onMachineJob: (machineId: string, jobId: string | undefined) => void;
  private isClosing = false;

  /** `onMachineJob` hears which job works for a machine, and that none does any more. */
  constructor(onMachineJob: (machineId: string, jobId: string | undefined) => void) {
    this.onMachineJob = onMachineJob;
  }

  /**
   * Resolves when the log's changes are in its parent; rejects with why they are not, and with
   * DecisionPostponed where this process ends first: the commit goes on at the next start.
   */
  async commit({ machineId, redo, context, dependents, copyTo, copyLinkId }: CommitJob): Promise<void> {
    const target = copyTo ?? (await parentOf(redo, context));
    const job = this.registry.start({
      kind: 'commit',
      machineId,
      subject: basename(target),
      input: {
        kind: 'commit',
        redo,
        context,
        ...(dependents === undefined ? {} : { dependents }),
        ...(copyTo === undefined ? {} : { copyTo, copyLinkId }),
      },
    });
    this.onMachineJob(machineId, job.id);
    try {
      await job.result;
    } catch (error) {
      throw this.isClosing ? new DecisionPostponed() : error;
    } finally {
      this.onMachineJob(machineId, undefined);
    }
  }

  watch(signal?: AbortSignal): AsyncGenerator<{ jobs: JobView[] }, void, undefined> {
    return this.registry.watch(signal);
  }

  /** Throws job.not-found. */
  async cancel(id: string): Promise<void> {
    await this.registry.cancel(id);
  }

  async close(): Promise<void> {
    this.isClosing = true;
    await this.registry.close();
  }
}

function parentOf(redo: string, context: OpenContext): Promise<string> {
  return describeRedo(redo, context).then(
    ({ parent }) => parent,
    () => redo,
  );
}
