import { RedoubtError } from '../../base/redoubt-error.ts';
import type { DialectName } from '../../disk/create/create-base.ts';

/** `--dialect`, of the commands that make COWD disks. */
export const dialectNames: readonly DialectName[] = ['hybrid', 'ws3', 'esx', 'vmware2'];

export const dialectHelp = 'as whom to write cowd: Workstation 3, ESX, VMware 2, or so that most programs read it';

/** Whoever names a dialect wants COWD. Throws usage.bad-argument for every other format. */
export function requireCowd(format: string): void {
  if (format === 'cowd') return;
  const reason = `is for the format cowd, and this is to be ${format}`;
  throw new RedoubtError('usage.bad-argument', `--dialect ${reason}.`, { argument: '--dialect', reason });
}
