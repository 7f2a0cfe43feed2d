import { toWire } from '../base/redoubt-error.ts';
import type { JobCommand, JobProgress, JobReport } from './job-messages.ts';

/** What a job has beside its input. */
export interface JobTask {
  /** Aborted when the user cancels, and when the process that asked for the job is gone. */
  readonly signal: AbortSignal;
  /** May be called as often as one likes: at most ten reports a second are sent, a new phase always. */
  readonly report: (progress: JobProgress) => void;
}

const reportEveryMs = 100;

/**
 * The whole of a job's process: waits for its input, runs `run`, sends the result or the error, and lets
 * the process end. Input and result are plain data. To be called once, from an entry point that is
 * started with an IPC channel.
 */
export function serveJob(run: (input: unknown, task: JobTask) => Promise<unknown>): void {
  const cancel = new AbortController();
  const reporter = new Reporter();
  process.on('disconnect', () => {
    cancel.abort();
  });
  process.on('message', (message: JobCommand) => {
    if (message.kind === 'cancel') {
      cancel.abort();
      return;
    }
    void (async () => {
      const report = await outcome(() =>
        run(message.input, {
          signal: cancel.signal,
          report: (progress) => {
            reporter.report(progress);
          },
        }),
      );
      reporter.finish();
      send(report);
      // Without the channel nothing keeps this process alive.
      if (process.connected) process.disconnect();
    })();
  });
}

async function outcome(run: () => Promise<unknown>): Promise<JobReport> {
  try {
    return { kind: 'done', result: await run() };
  } catch (error) {
    return { kind: 'failed', error: toWire(error) };
  }
}

function send(report: JobReport): void {
  if (process.connected) process.send?.(report);
}

/** Sends the newest progress, but not more often than anybody can look. */
class Reporter {
  private sent: JobProgress | undefined;
  private newest: JobProgress | undefined;
  private sentAt = 0;

  report(progress: JobProgress): void {
    this.newest = progress;
    const isDue = progress.phase !== this.sent?.phase || performance.now() - this.sentAt >= reportEveryMs;
    if (isDue) this.finish();
  }

  /** Sends what is newer than what was sent. */
  finish(): void {
    if (this.newest === undefined || this.newest === this.sent) return;
    this.sent = this.newest;
    this.sentAt = performance.now();
    send({ kind: 'progress', progress: this.newest });
  }
}
