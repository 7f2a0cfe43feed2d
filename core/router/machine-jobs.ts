import type { JobView } from '../api/jobs.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { Broadcast } from '../base/broadcast.ts';
import { commitRedoLog } from '../disk/commit.ts';
import type { OpenContext } from '../disk/open-context.ts';

export interface CommitJob {
  readonly machineId: string;
  readonly redo: string;
  readonly context: OpenContext;
}

/** The long work of machines: started here, watched and cancelled by everybody. */
export class MachineJobs {
  private readonly changes = new Broadcast<{ jobs: JobView[] }>();

  /** Resolves when the log's changes are in its parent; rejects with why they are not. */
  async commit({ redo, context }: CommitJob): Promise<void> {
    await commitRedoLog({ redo, context });
  }

  watch(signal?: AbortSignal): AsyncGenerator<{ jobs: JobView[] }, void, undefined> {
    return this.changes.subscribe(signal, [{ jobs: [] }]);
  }

  /** Throws job.not-found. */
  async cancel(id: string): Promise<void> {
    await Promise.reject(new RedoubtError('job.not-found', `No job has the id ${id}.`, { id }));
  }

  async close(): Promise<void> {
    this.changes.close();
    await Promise.resolve();
  }
}
