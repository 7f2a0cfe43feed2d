import type { ChainReport } from '../../../core/api/disks.ts';
import type { Dependent } from '../../../core/api/errors.ts';
import type { DiskMode, MachineView, NewMachine } from '../../../core/api/machines.ts';
import type { BackendView } from '../../../core/api/shell.ts';
import type { fromWire } from '../../errors/redoubt-error.ts';
import { guestSystem } from '../../components/guest-systems.ts';
import { isInside } from '../../components/path-text.ts';
import type { WizardDraft } from './wizard-draft.ts';

/** An error as part of an answer; read with `fromWire`. */
export type WireProblem = Parameters<typeof fromWire>[0];

/** What the core said of the disk that was picked (`disks.inspect`). */
export interface ExistingDisk {
  readonly path: string;
  readonly chain: ChainReport;
  readonly dependents: readonly Dependent[];
  /** Names of machines that have it as their disk. */
  readonly usedBy: readonly string[];
  /** Why persistent mode would be refused. */
  readonly persistentProblem?: WireProblem | undefined;
}

/** What the wizard knows of its surroundings. */
export interface WizardFacts {
  /** What would run the new machine; absent while nothing can. */
  readonly backend: BackendView | undefined;
  readonly hostMemoryMb: number;
  /** A free name, for as long as none was typed. */
  readonly proposedName: string;
  /** The folder that the core proposes for the name as it stands. */
  readonly proposedDirectory: string;
  readonly existing: ExistingDisk | undefined;
}

/** The draft with every gap filled: what would be created if Finish were pressed now. */
export interface WizardAnswers {
  readonly configuration: WizardDraft['configuration'];
  readonly guestId: string;
  readonly isoPath: string | undefined;
  readonly name: string;
  readonly directory: string;
  readonly memoryMb: number;
  readonly network: MachineView['network'];
  readonly bus: NewMachine['bus'];
  readonly disk: 'new' | 'existing';
  readonly capacityGb: number;
  readonly allocatesNow: boolean;
  readonly isSplit: boolean;
  readonly diskFileName: string;
  readonly existingPath: string;
  readonly mode: DiskMode;
  readonly redoLogDir: string;
}

/** Fills the gaps of a draft from its other answers and the facts. Pure; asked again after every change. */
export function completeAnswers(draft: WizardDraft, facts: WizardFacts): WizardAnswers {
  const guest = guestSystem(draft.guestId);
  const isTypical = draft.configuration === 'typical';
  const disk = draft.configuration === 'copy' ? 'existing' : isTypical ? 'new' : draft.diskChoice;
  const name = (draft.name ?? facts.proposedName).trim();
  const directory = draft.directory ?? facts.proposedDirectory;
  return {
    configuration: draft.configuration,
    guestId: draft.guestId,
    isoPath: draft.installsLater || draft.isoPath.trim() === '' ? undefined : draft.isoPath.trim(),
    name,
    directory,
    memoryMb: draft.memoryMb ?? Math.min(guest.recommendedMb, maximumMemoryMb(facts)),
    network: draft.network ?? defaultNetwork(facts),
    bus: draft.bus,
    disk,
    capacityGb: draft.capacityGb ?? guest.diskGb,
    allocatesNow: draft.allocatesNow,
    isSplit: draft.isSplit,
    diskFileName: isTypical ? `${name}.vmdk` : (draft.diskFileName?.trim() ?? `${name}.vmdk`),
    existingPath: draft.existingPath,
    mode: isTypical ? 'persistent' : chosenMode(draft, disk, facts.existing),
    redoLogDir:
      disk === 'new'
        ? ''
        : (draft.redoLogDir?.trim() ?? defaultRedoDirectory(facts.existing, draft.existingPath, directory)),
  };
}

/** Whether others live from this disk, so that writing into it would hurt them. */
export function isShared(existing: ExistingDisk): boolean {
  return otherUsers(existing).length > 0 || existing.persistentProblem !== undefined;
}

/** Who else hangs from the disk or uses it, each once: machines by name, loose redo logs by path. */
export function otherUsers(existing: Pick<ExistingDisk, 'dependents' | 'usedBy'>): string[] {
  return [...new Set([...existing.usedBy, ...existing.dependents.map((one) => one.machineName ?? one.path)])];
}

/** The most that the chosen backend and this computer allow. */
export function maximumMemoryMb(facts: Pick<WizardFacts, 'backend' | 'hostMemoryMb'>): number {
  return Math.min(facts.hostMemoryMb, facts.backend?.maximumMemoryMb ?? facts.hostMemoryMb);
}

/** An existing disk starts Undoable: taking a machine up on it must not change it by surprise. */
function chosenMode(draft: WizardDraft, disk: 'new' | 'existing', existing: ExistingDisk | undefined): DiskMode {
  if (disk === 'new') return draft.mode ?? 'persistent';
  const isPersistentRefused = existing !== undefined && isShared(existing);
  if (draft.mode === undefined || (draft.mode === 'persistent' && isPersistentRefused)) return 'undoable';
  return draft.mode;
}

/** Two machines with a blank field on one disk would share redo logs; a period keeps them apart. */
function defaultRedoDirectory(existing: ExistingDisk | undefined, path: string, machineDirectory: string): string {
  if (path === '') return '.';
  const isElsewhere = !isInside(path, machineDirectory);
  return isElsewhere || (existing !== undefined && isShared(existing)) ? '.' : '';
}

function defaultNetwork(facts: WizardFacts): MachineView['network'] {
  return facts.backend?.network === true ? 'nat' : 'none';
}
