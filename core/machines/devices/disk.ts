import type { DiskMode } from '../../api/machines.ts';
import type { VmxDocument } from '../vmx/vmx-document.ts';

/** A virtual disk as the configuration file has it. */
export interface ConfiguredDisk {
  /** `ide0:0`, `scsi0:1`. */
  readonly slot: string;
  /** As written: absolute, or from the configuration file's folder. */
  readonly fileName: string;
  readonly mode: DiskMode;
  /** The redo log that belongs to this disk, as written: kept, in use, or left behind. */
  readonly redo?: string;
  /** The log was made for nonpersistent mode: nobody decided to keep it, and it may be removed. */
  readonly isRedoDisposable: boolean;
  /** When the first session that the log holds began; milliseconds since 1970. */
  readonly redoSince?: number;
  /** Sessions that the log holds. */
  readonly redoSessions: number;
  /** A REDO log directory of this disk alone. */
  readonly redoLogDir?: string;
}

const diskTypes = new Set(['', 'disk', 'ata-harddisk', 'scsi-harddisk', 'rawdisk', 'plaindisk']);

/** All disks that are present, in the order of their slots. Never throws: odd values take the format's defaults. */
export function readDisks(document: VmxDocument): ConfiguredDisk[] {
  return slotsOf(document)
    .filter((slot) => isTrue(document.get(`${slot}.present`)))
    .filter((slot) => diskTypes.has((document.get(`${slot}.deviceType`) ?? '').toLowerCase()))
    .flatMap((slot) => {
      const fileName = document.get(`${slot}.fileName`) ?? '';
      return fileName === '' ? [] : [readDisk(document, slot, fileName)];
    });
}

function readDisk(document: VmxDocument, slot: string, fileName: string): ConfiguredDisk {
  const redo = document.get(`${slot}.redo`) ?? '';
  const since = Number(document.get(`redoubt.${slot}.since`) ?? '');
  const sessions = Number(document.get(`redoubt.${slot}.sessions`) ?? '');
  const redoLogDir = document.get(`${slot}.redoLogDir`);
  return {
    slot,
    fileName,
    mode: modeOf(document.get(`${slot}.mode`)),
    ...(redo === '' ? {} : { redo }),
    isRedoDisposable: document.get(`redoubt.${slot}.redoMode`)?.toLowerCase() === 'nonpersistent',
    ...(Number.isFinite(since) && since > 0 ? { redoSince: since } : {}),
    redoSessions: Number.isInteger(sessions) && sessions > 0 ? sessions : 0,
    ...(redoLogDir === undefined ? {} : { redoLogDir }),
  };
}

/** Adds a disk, or changes the file and mode of the one in that slot. */
export function writeDisk(document: VmxDocument, disk: { slot: string; fileName: string; mode: DiskMode }): void {
  document.set(`${disk.slot}.present`, 'TRUE');
  document.set(`${disk.slot}.fileName`, disk.fileName);
  if (modeOf(document.get(`${disk.slot}.mode`)) !== disk.mode || document.get(`${disk.slot}.mode`) === undefined) {
    document.set(`${disk.slot}.mode`, disk.mode);
  }
}

/** Takes the disk out of the machine; its files stay. */
export function removeDisk(document: VmxDocument, slot: string): void {
  const prefixes = [`${slot}.`, `redoubt.${slot}.`];
  for (const name of document.names()) {
    if (prefixes.some((prefix) => name.startsWith(prefix))) document.remove(name);
  }
}

export interface RedoRecord {
  readonly redo: string;
  readonly isDisposable: boolean;
  readonly since: number;
  readonly sessions: number;
}

/** Names the redo log that takes a disk's writes; `undefined`: there is none any more. */
export function writeRedo(document: VmxDocument, slot: string, record: RedoRecord | undefined): void {
  if (record === undefined) {
    if (document.get(`${slot}.redo`) !== undefined) document.set(`${slot}.redo`, '');
    for (const key of ['since', 'sessions', 'redoMode']) document.remove(`redoubt.${slot}.${key}`);
    return;
  }
  document.set(`${slot}.redo`, record.redo);
  document.set(`redoubt.${slot}.since`, String(record.since));
  document.set(`redoubt.${slot}.sessions`, String(record.sessions));
  document.set(`redoubt.${slot}.redoMode`, record.isDisposable ? 'nonpersistent' : undefined);
}

/** Later products prefix modes with `independent-`; what nobody knows counts as persistent, the format's default. */
function modeOf(text: string | undefined): DiskMode {
  const mode = (text ?? '')
    .trim()
    .toLowerCase()
    .replace(/^independent[-_]/, '');
  return mode === 'undoable' || mode === 'append'
    ? 'undoable'
    : mode === 'nonpersistent'
      ? 'nonpersistent'
      : 'persistent';
}

function slotsOf(document: VmxDocument): string[] {
  const slots = document
    .names()
    .flatMap((name) => /^((?:ide[01]:[01])|(?:scsi0:(?:[0-6]|[89]|1[0-5])))\./.exec(name)?.[1] ?? []);
  return [...new Set(slots)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

export function isTrue(text: string | undefined): boolean {
  return (text ?? '').trim().toLowerCase() === 'true';
}
