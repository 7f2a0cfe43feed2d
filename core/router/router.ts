import { disksRouter } from './disks-router.ts';
import { os } from './implementer.ts';
import { jobsRouter } from './jobs-router.ts';
import type { MachineOperations } from './machine-operations.ts';
import { machinesRouter } from './machines-router.ts';
import type { RouterServices } from './router-services.ts';
import { shellRouter } from './shell-router.ts';

/** The whole contract over the core. Both shells serve this one object. */
export function createRouter(services: RouterServices, operations: MachineOperations) {
  return os.router({
    machines: machinesRouter(services, operations),
    disks: disksRouter(services),
    jobs: jobsRouter(services),
    shell: shellRouter(services),
  });
}

export type CoreRouter = ReturnType<typeof createRouter>;
