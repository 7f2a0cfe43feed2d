import type { MachineSettings, MachineView } from '../../../core/api/machines.ts';
import { isAbsolutePath, joinPath } from '../../components/path-text.ts';
import { memoryProblem } from '../../components/memory-scale.ts';
import { t } from './settings-words.ts';

export type DiskSettings = MachineSettings['disks'][number];

/** Where a page of the editor stands: one of the hardware list, or the Options tab. */
export type SettingsPlace = 'memory' | 'cdrom' | 'network' | 'serial' | 'options' | `disk:${string}`;

export function diskPlace(slot: string): SettingsPlace {
  return `disk:${slot}`;
}

/** Changes one disk of the settings and leaves the others alone. */
export function changeDisk(
  settings: MachineSettings,
  slot: string,
  changes: Partial<Omit<DiskSettings, 'slot'>>,
): MachineSettings {
  return { ...settings, disks: settings.disks.map((disk) => (disk.slot === slot ? { ...disk, ...changes } : disk)) };
}

/** IDE 1:0 is the CD drive's. */
const diskSlots = ['ide0:0', 'ide0:1', 'ide1:1'] as const;

/** The next place for a disk; `undefined` when all are taken. */
export function freeSlot(settings: MachineSettings): string | undefined {
  return diskSlots.find((slot) => !settings.disks.some((disk) => disk.slot === slot));
}

/** Adds an existing disk, as undoable: what is there already is not changed by surprise. */
export function addDisk(settings: MachineSettings, path: string): MachineSettings {
  const slot = freeSlot(settings);
  return slot === undefined
    ? settings
    : { ...settings, disks: [...settings.disks, { slot, fileName: path, mode: 'undoable' }] };
}

export function removeDisk(settings: MachineSettings, slot: string): MachineSettings {
  return { ...settings, disks: settings.disks.filter((disk) => disk.slot !== slot) };
}

/** `ide0:1` as people read it: `IDE 0:1`. */
export function slotName(slot: string): string {
  return slot.replace(/^([a-z]+)(\d.*)$/, (_, bus: string, place: string) => `${bus.toUpperCase()} ${place}`);
}

/** The absolute path of a disk as the settings have it now. */
export function diskPath(disk: DiskSettings, machine: Pick<MachineView, 'directory' | 'disks'>): string {
  const saved = machine.disks.find((candidate) => candidate.slot === disk.slot);
  if (saved !== undefined && saved.fileName === disk.fileName) return saved.path;
  return isAbsolutePath(disk.fileName) ? disk.fileName : joinPath(machine.directory, disk.fileName);
}

/** Whether the chosen file is the machine's own waiting log, so that saving adopts it. */
export function adoptsWaiting(disk: DiskSettings, machine: Pick<MachineView, 'directory' | 'disks'>): boolean {
  const saved = machine.disks.find((candidate) => candidate.slot === disk.slot);
  return saved?.redo !== undefined && saved.fileName !== disk.fileName && diskPath(disk, machine) === saved.redo.path;
}

export interface SettingsProblem {
  readonly place: SettingsPlace;
  readonly field: 'name' | 'memory' | 'disk-file';
  readonly text: string;
}

/** What blocks saving, in the order of the pages. */
export function settingsProblems(settings: MachineSettings, maximumMemoryMb: number): SettingsProblem[] {
  const problems: SettingsProblem[] = [];
  const memory = memoryProblem(settings.memoryMb, maximumMemoryMb);
  if (memory !== undefined) problems.push({ place: 'memory', field: 'memory', text: memory });
  for (const disk of settings.disks) {
    if (disk.fileName.trim() === '')
      problems.push({ place: diskPlace(disk.slot), field: 'disk-file', text: t('problem.file') });
  }
  if (settings.name.trim() === '') problems.push({ place: 'options', field: 'name', text: t('problem.name') });
  return problems;
}

/** Whether anything differs. The order of keys is that of the core's answer, kept by every change above. */
export function isSame(a: MachineSettings, b: MachineSettings): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(settings: MachineSettings): [string, unknown][] {
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined && value !== '')
    .sort(([a], [b]) => a.localeCompare(b));
}
