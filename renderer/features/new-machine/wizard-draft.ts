import type { DiskMode, MachineView, NewMachine } from '../../../core/api/machines.ts';
import { defaultGuestId } from '../../components/guest-systems.ts';

type Network = MachineView['network'];
type Bus = NewMachine['bus'];

/**
 * What the user has said so far. `undefined` stands for "has not said": then the value follows from the
 * other answers (wizard-answers.ts), so that going back and changing the guest system changes the memory
 * too, but never overrides a number that was typed.
 */
export interface WizardDraft {
  readonly configuration: 'typical' | 'custom' | 'copy';
  readonly guestId: string;
  readonly isoPath: string;
  readonly installsLater: boolean;
  readonly name: string | undefined;
  readonly directory: string | undefined;
  /** As typed; a number of megabytes when it is right. */
  readonly memoryMb: number | undefined;
  readonly network: Network | undefined;
  readonly bus: Bus;
  readonly diskChoice: 'new' | 'existing';
  readonly capacityGb: number | undefined;
  readonly allocatesNow: boolean;
  readonly isSplit: boolean;
  readonly diskFileName: string | undefined;
  readonly existingPath: string;
  readonly mode: DiskMode | undefined;
  readonly redoLogDir: string | undefined;
  readonly startsAfter: boolean;
}

/** The wizard as it opens. `basePath`: the disk that a new machine is wanted on, where one was pointed at. */
export function emptyDraft(basePath?: string): WizardDraft {
  return {
    configuration: basePath === undefined ? 'typical' : 'copy',
    guestId: defaultGuestId,
    isoPath: '',
    installsLater: true,
    name: undefined,
    directory: undefined,
    memoryMb: undefined,
    network: undefined,
    bus: 'ide',
    diskChoice: 'new',
    capacityGb: undefined,
    allocatesNow: false,
    isSplit: true,
    diskFileName: undefined,
    existingPath: basePath ?? '',
    mode: undefined,
    redoLogDir: undefined,
    startsAfter: false,
  };
}
