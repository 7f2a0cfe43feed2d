import { setTimeout as delay } from 'node:timers/promises';
import { RedoubtError } from '../../../core/base/redoubt-error.ts';
import { serveJob } from '../../../core/jobs/serve-job.ts';

/** A job that does what its input says. */
serveJob(async (input, { signal, report }) => {
  const what = input as string;
  report({ phase: 'copying', doneBytes: 0, totalBytes: 10 });
  if (what === 'refuse') throw new RedoubtError('disk.read-only', 'no', { file: 'base.vmdk', dependents: [] });
  if (what === 'die') process.exit(3);
  if (what === 'linger') setInterval(() => undefined, 1000);
  if (what === 'wait') {
    await delay(60_000, undefined, { signal }).catch(() => undefined);
    throw new RedoubtError('job.cancelled', 'stopped', {});
  }
  for (let done = 1; done <= 10; done++) report({ phase: 'copying', doneBytes: done, totalBytes: 10 });
  return { said: what };
});
