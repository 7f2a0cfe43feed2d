import { create } from 'zustand';
import type { JobView } from '../../core/api/jobs.ts';

/** The core's long work, newest state of each. Written by follow.ts only. */
export const useJobs = create<{ readonly jobs: readonly JobView[] }>()(() => ({ jobs: [] }));

/** The job that works for a machine, if one does. */
export function useJob(id: string | undefined): JobView | undefined {
  return useJobs((state) => state.jobs.find((job) => job.id === id));
}
