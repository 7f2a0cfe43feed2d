import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { describeExit, endChild, startChild, type OwnedChild } from '../base/child-process.ts';
import { fromWire, RedoubtError } from '../base/redoubt-error.ts';
import type { JobCommand, JobProgress, JobReport } from './job-messages.ts';

/** The program that runs jobs: it calls serveJob. */
export interface JobEntry {
  readonly file: string;
  readonly execArgv: readonly string[];
}

export interface JobRun {
  readonly entry: JobEntry;
  /** Plain data; the entry point checks it. */
  readonly input: unknown;
  /** Asks the job to stop. One that does not is ended. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: JobProgress) => void;
}

/** How long a job may take to stop when asked. */
const cancelPatienceMs = 10_000;
/** How long its process may stay after the last word. */
const exitPatienceMs = 2000;

/**
 * Runs one job in a process of its own and resolves with its result. Rejects with the job's own error,
 * with job.cancelled if it was stopped, and with `internal` if its process ended without a word. The
 * process is gone before the promise settles, whichever way.
 */
export async function runJobProcess(run: JobRun): Promise<unknown> {
  const child = await startChild(process.execPath, [...run.entry.execArgv, run.entry.file], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  });
  const cancel = (): void => {
    say(child.process, { kind: 'cancel' });
  };
  try {
    const report = lastReport(child.process, run.onProgress);
    say(child.process, { kind: 'start', input: run.input });
    run.signal.addEventListener('abort', cancel);
    if (run.signal.aborted) cancel();
    const last = await Promise.race([report, child.exited, overdue(run.signal)]);
    if (last !== undefined && 'kind' in last) {
      if (last.kind === 'done') return last.result;
      throw fromWire(last.error);
    }
    throw run.signal.aborted ? cancelled() : await diedError(child);
  } finally {
    run.signal.removeEventListener('abort', cancel);
    await leave(child);
  }
}

function say(child: ChildProcess, command: JobCommand): void {
  // A child that is gone hears nothing; that it is gone is noticed elsewhere.
  if (child.connected) child.send(command, () => undefined);
}

function lastReport(
  child: ChildProcess,
  onProgress: (progress: JobProgress) => void,
): Promise<Exclude<JobReport, { kind: 'progress' }>> {
  return new Promise((resolve) => {
    child.on('message', (message) => {
      const report = message as JobReport;
      if (report.kind === 'progress') onProgress(report.progress);
      else resolve(report);
    });
  });
}

/** Resolves, to nothing, when a cancelled job has had its time. */
function overdue(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const start = (): void => {
      setTimeout(resolve, cancelPatienceMs, undefined).unref();
    };
    if (signal.aborted) start();
    else signal.addEventListener('abort', start, { once: true });
  });
}

/** Gives the process a moment to go by itself, then ends it. */
async function leave(child: OwnedChild): Promise<void> {
  await Promise.race([child.exited, delay(exitPatienceMs, undefined, { ref: false })]);
  await endChild(child.process);
}

function cancelled(): RedoubtError<'job.cancelled'> {
  return new RedoubtError('job.cancelled', 'The job was cancelled.', {});
}

async function diedError(child: OwnedChild): Promise<RedoubtError<'internal'>> {
  const status = describeExit(await child.exited);
  const detail = [status, child.errorTail()].filter((part) => part !== '').join(': ');
  return new RedoubtError('internal', `The process of a job ended without a result (${status}).`, { detail });
}
