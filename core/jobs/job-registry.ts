import { randomUUID } from 'node:crypto';
import type { JobView } from '../api/jobs.ts';
import { Broadcast } from '../base/broadcast.ts';
import { RedoubtError, toWire } from '../base/redoubt-error.ts';
import { runJobProcess, type JobEntry } from './job-process.ts';

export interface JobOrder {
  readonly kind: JobView['kind'];
  /** What it works on, for people. */
  readonly subject: string;
  readonly machineId?: string;
  /** Plain data for the job's process. */
  readonly input: unknown;
}

export interface StartedJob {
  readonly id: string;
  /** The job's result; rejects with a RedoubtError. Need not be awaited. */
  readonly result: Promise<unknown>;
}

interface Job {
  view: JobView;
  readonly cancel: AbortController;
  readonly ended: Promise<void>;
}

/** Ended jobs stay on the list for so long, that nobody misses how they ended. */
const keepEndedMs = 60_000;

/**
 * Long work, each piece in a process of its own: what runs, how far it is, how it ended. Jobs run side by
 * side; that two do not touch the same disk is the disks' locks' business.
 */
export class JobRegistry {
  private readonly jobs = new Map<string, Job>();
  private readonly changes = new Broadcast<{ jobs: JobView[] }>();
  private isClosed = false;

  constructor(private readonly entry: JobEntry) {}

  /** Starts a job. After `close` it is refused: the result rejects with job.cancelled. */
  start({ kind, subject, machineId, input }: JobOrder): StartedJob {
    const id = randomUUID();
    const cancel = new AbortController();
    if (this.isClosed) cancel.abort();
    const result = runJobProcess({
      entry: this.entry,
      input,
      signal: cancel.signal,
      onProgress: (progress) => {
        this.update(id, progress);
      },
    });
    const ended = result.then(
      () => {
        this.finish(id, { state: 'done', phase: 'done' });
      },
      (error: unknown) => {
        const wire = toWire(error);
        this.finish(
          id,
          wire.code === 'job.cancelled' ? { state: 'cancelled' } : { state: 'failed', error: { ...wire } },
        );
      },
    );
    const view: JobView = {
      id,
      kind,
      ...(machineId === undefined ? {} : { machineId }),
      subject,
      phase: 'preparing',
      doneBytes: 0,
      totalBytes: 0,
      state: 'running',
      startedAt: Date.now(),
    };
    this.jobs.set(id, { view, cancel, ended });
    this.publish();
    return { id, result };
  }

  /** All jobs, oldest first. */
  list(): JobView[] {
    return [...this.jobs.values()].map((job) => job.view);
  }

  /** The list now and whenever it changes, until the signal or `close`. */
  watch(signal?: AbortSignal): AsyncGenerator<{ jobs: JobView[] }, void, undefined> {
    return this.changes.subscribe(signal, [{ jobs: this.list() }]);
  }

  /**
   * Stops a job and resolves when it has ended. One that has ended already is left as it is. Throws
   * job.not-found.
   */
  async cancel(id: string): Promise<void> {
    const job = this.jobs.get(id);
    if (job === undefined) throw new RedoubtError('job.not-found', `There is no job ${id}.`, { id });
    job.cancel.abort();
    await job.ended;
  }

  /** Cancels what runs and waits until nothing is left of it. */
  async close(): Promise<void> {
    this.isClosed = true;
    const jobs = [...this.jobs.values()];
    for (const job of jobs) job.cancel.abort();
    await Promise.all(jobs.map((job) => job.ended));
    this.changes.close();
  }

  private update(id: string, change: Partial<JobView>): void {
    const job = this.jobs.get(id);
    if (job === undefined) return;
    job.view = { ...job.view, ...change };
    this.publish();
  }

  private finish(id: string, change: Partial<JobView>): void {
    this.update(id, change);
    setTimeout(() => {
      this.jobs.delete(id);
      this.publish();
    }, keepEndedMs).unref();
  }

  private publish(): void {
    this.changes.publish({ jobs: this.list() });
  }
}
