import { os } from './implementer.ts';
import type { RouterServices } from './router-services.ts';

/** Handlers of `jobs.*`. */
export function jobsRouter({ jobs: machineJobs }: RouterServices) {
  const { jobs } = os;
  return {
    watch: jobs.watch.handler(({ signal }) => machineJobs.watch(signal)),
    cancel: jobs.cancel.handler(async ({ input }) => {
      await machineJobs.cancel(input.id);
      return {};
    }),
  };
}
