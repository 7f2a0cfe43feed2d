import { useEffect } from 'react';
import type { JobView } from '../../../core/api/jobs.ts';
import { fromWire } from '../../errors/redoubt-error.ts';
import { showError } from '../../stores/dialogs.ts';
import { useJobs } from '../../stores/jobs.ts';
import { showToast } from '../../stores/toasts.ts';
import { jobPhase } from './job-words.ts';

/** Tells how each job ended, once: a word when it is done, a dialog when it failed. */
export function useJobNews(): void {
  useEffect(
    () =>
      useJobs.subscribe((state, before) => {
        for (const job of endedSince(before.jobs, state.jobs)) {
          if (job.state === 'done') showToast(jobPhase({ ...job, phase: 'done' }));
          if (job.state === 'failed' && job.error !== undefined) {
            showError(fromWire(job.error), job.machineId === undefined ? {} : { machineId: job.machineId });
          }
        }
      }),
    [],
  );
}

/** Jobs that were seen running and run no more. Those that had ended before this page looked are old news. */
export function endedSince(before: readonly JobView[], after: readonly JobView[]): readonly JobView[] {
  return after.filter(
    (job) => job.state !== 'running' && before.some((old) => old.id === job.id && old.state === 'running'),
  );
}
