import type { MachineView, PowerState } from '../../core/api/machines.ts';
import type { ActionContext } from './action.ts';
import { t } from './words.ts';

/** States in which a guest exists that can be powered off. */
const withGuest: readonly PowerState[] = ['running', 'paused', 'starting'];

/** After this long a guest has left its BIOS and may hold work that only it knows of. */
const aliveAfterMs = 30_000;

/** Why no power can be given now, or `true`. */
export function canPowerOn({ machine, isConnected }: ActionContext): true | string {
  if (!isConnected) return t('no.connection');
  if (machine === undefined) return t('no.machine');
  switch (machine.power) {
    case 'off':
    case 'failed':
    case 'suspended':
      return true;
    case 'starting':
      return t('is.starting', { vm: machine.name });
    case 'running':
    case 'paused':
      return t('is.running', { vm: machine.name });
    case 'stopping':
      return t('is.stopping', { vm: machine.name });
    case 'deciding':
      return t('is.deciding', { vm: machine.name });
  }
}

/** Why there is no guest to stop, or `true`. */
export function hasGuest({ machine, isConnected }: ActionContext): true | string {
  if (!isConnected) return t('no.connection');
  if (machine === undefined) return t('no.machine');
  if (withGuest.includes(machine.power)) return true;
  if (machine.power === 'stopping') return t('is.stopping', { vm: machine.name });
  if (machine.power === 'deciding') return t('is.deciding', { vm: machine.name });
  return t('is.off', { vm: machine.name });
}

/** Why the guest can't be spoken to, or `true`. */
export function isRunning(context: ActionContext): true | string {
  const guest = hasGuest(context);
  if (guest === true && context.machine?.power === 'starting') return t('is.starting', { vm: context.machine.name });
  return guest;
}

/** Why the machine's files can't be changed now, or `true`. */
export function isAtRest({ machine, isConnected }: ActionContext): true | string {
  if (!isConnected) return t('no.connection');
  if (machine === undefined) return t('no.machine');
  if (machine.power === 'deciding') return t('is.deciding', { vm: machine.name });
  if (machine.power !== 'off' && machine.power !== 'failed') return t('is.on', { vm: machine.name });
  if (machine.jobId !== undefined) return t('is.working', { vm: machine.name });
  return true;
}

/**
 * Whether pulling the plug could hurt: the guest runs and has had the time to leave its BIOS. The demo guest
 * writes everything at once, so there is nothing that it could lose.
 */
export function looksAlive(machine: MachineView, now: number = Date.now()): boolean {
  if (machine.isDemo) return false;
  if (machine.power !== 'running' && machine.power !== 'paused') return false;
  return machine.startedAt !== undefined && now - machine.startedAt > aliveAfterMs;
}
