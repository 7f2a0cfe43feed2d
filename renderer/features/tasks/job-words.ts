import type { JobView } from '../../../core/api/jobs.ts';
import { formatRemaining } from '../../words/dates.ts';
import { fileName } from '../../words/file-name.ts';
import { formatSpeed } from '../../words/sizes.ts';
import { t } from './words.ts';

/** Speed is told once this much time has passed; before that it is a guess. */
const steadyAfterMs = 3000;

/** How far a job is, in whole percent. 100 only when everything is done, the removal of the log too. */
export function jobPercent(job: JobView): number {
  if (job.state === 'done') return 100;
  if (job.totalBytes === 0) return 0;
  return Math.min(99, Math.floor((job.doneBytes / job.totalBytes) * 100));
}

/** What the job does now, in a sentence. */
export function jobPhase(job: JobView): string {
  return t(`phase.${job.phase}`, {
    parent: fileName(job.subject),
    done: { bytes: job.doneBytes },
    total: { bytes: job.totalBytes },
  });
}

/** Speed and the time that remains, once they mean something. */
export function jobSpeed(job: JobView, now: number): string | undefined {
  const elapsedMs = now - job.startedAt;
  if (job.state !== 'running' || job.phase !== 'copying' || elapsedMs < steadyAfterMs || job.doneBytes === 0)
    return undefined;
  const bytesPerSecond = job.doneBytes / (elapsedMs / 1000);
  const remainingMs = ((job.totalBytes - job.doneBytes) / bytesPerSecond) * 1000;
  return t('speed', { speed: formatSpeed(bytesPerSecond), remaining: formatRemaining(remainingMs) });
}

/** The name a job goes by in the status bar: the machine's, else the file's. */
export function jobSubject(job: JobView, machineName: string | undefined): string {
  return machineName ?? fileName(job.subject);
}
