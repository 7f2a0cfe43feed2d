import type { ContractRouterClient } from '@orpc/contract';
import { disksContract } from './disks.ts';
import { jobsContract } from './jobs.ts';
import { machinesContract } from './machines.ts';
import { shellContract } from './shell.ts';

/** Everything that a window, the command line's `vm` commands and tests may ask of the core. */
export const contract = {
  machines: machinesContract,
  disks: disksContract,
  jobs: jobsContract,
  shell: shellContract,
};

export type Client = ContractRouterClient<typeof contract>;
