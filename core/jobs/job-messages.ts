import type { JobView } from '../api/jobs.ts';
import type { WireError } from '../api/errors.ts';

/** How far a job is. The unit is bytes of the disk that is worked on. */
export type JobProgress = Pick<JobView, 'phase' | 'doneBytes' | 'totalBytes'>;

/** What the registry says to the process of a job. `start` comes first and once. */
export type JobCommand = { kind: 'start'; input: unknown } | { kind: 'cancel' };

/** What the process of a job says: any number of `progress`, then one of the others, then it ends. */
export type JobReport =
  | { kind: 'progress'; progress: JobProgress }
  | { kind: 'done'; result: unknown }
  | { kind: 'failed'; error: WireError };
