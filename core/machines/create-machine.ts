import { mkdirSync, rmSync, rmdirSync, unlinkSync, existsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { NewMachine } from '../api/machines.ts';
import { asFileError } from '../base/file-error.ts';
import type { Home } from '../base/home.ts';
import type { LockFile } from '../base/lock-file.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { MIB } from '../base/units.ts';
import { approveFile } from '../disk/parents/approvals.ts';
import { createBase } from '../disk/create/create-base.ts';
import { inspectChain } from '../disk/describe/inspect.ts';
import { keepAbandonedLog } from '../disk/session/abandoned-logs.ts';
import { openDiskSession } from '../disk/session/session.ts';
import { saveDocument } from './configuration-file.ts';
import { writeCdrom } from './devices/cdrom.ts';
import { writeDisk } from './devices/disk.ts';
import { writeNetwork } from './devices/network-adapter.ts';
import { newMachineId, type Library, type LibraryEntry } from './library.ts';
import { lockMachine } from './machine-lock.ts';
import { formatUuid, writtenFrom } from './machine-configuration.ts';
import { MachineIndex } from './machine-index.ts';
import { fileNameFor, folderProblem, nameProblem } from './machine-names.ts';
import { VmxDocument } from './vmx/vmx-document.ts';

/** Megabytes of this computer. */
export function hostMemoryMb(): number {
  return Math.floor(totalmem() / MIB);
}

/** Throws machine.bad-memory. */
export function checkMemory(memoryMb: number): void {
  const maximumMb = hostMemoryMb();
  if (memoryMb >= 1 && memoryMb <= maximumMb) return;
  throw new RedoubtError('machine.bad-memory', `${String(memoryMb)} MB is not between 1 and ${String(maximumMb)}.`, {
    memoryMb,
    maximumMb,
  });
}

export interface MachineExtras {
  readonly isDemo?: boolean;
  /** Written onto the start of a new disk. */
  readonly diskStart?: Uint8Array;
}

/**
 * Makes a machine's folder, disk and configuration and adds it to the library; answers with its id. What
 * was made is removed again if a later step fails. Throws machine.bad-name, machine.name-taken,
 * machine.folder-taken, machine.folder-not-writable, machine.bad-memory, machine.busy (somebody makes the same one),
 * and what making or inspecting the disk throws.
 */
export async function createMachine(
  home: Home,
  library: Library,
  wanted: NewMachine,
  extras: MachineExtras = {},
): Promise<string> {
  const directory = resolve(wanted.directory);
  const index = MachineIndex.read(library);
  const problem = nameProblem(wanted.name, index) ?? folderProblem(directory, index);
  if (problem !== undefined) throw problem;
  checkMemory(wanted.memoryMb);
  const configPath = configPathFor(directory, wanted.name);
  const undo = new Undo();
  let lock: LockFile | undefined;
  let added: LibraryEntry;
  try {
    requireNew(configPath);
    undo.makeFolder(directory);
    // Somebody else may be making the same one: his configuration is not to be replaced, or unmade, as ours.
    lock = await lockMachine(configPath, wanted.name, 'making it');
    requireNew(configPath);
    const diskPath = await prepareDisk(home, wanted, directory, undo, extras.diskStart);
    const id = newMachineId();
    undo.willMake(configPath);
    saveDocument(configPath, newDocument(wanted, id, diskPath, directory, extras.isDemo === true).print());
    added = await library.add({ id, configPath });
  } catch (error) {
    undo.removeFiles();
    quietly(() => {
      lock?.release();
    });
    undo.removeFolder();
    throw error;
  }
  // Listed, it is made: nothing is unmade any more.
  lock.release();
  return added.id;
}

/** Throws disk.exists. */
function requireNew(file: string): void {
  if (existsSync(file)) throw new RedoubtError('disk.exists', `${file} exists already.`, { file });
}

/** Where the configuration of a machine of this name goes. */
export function configPathFor(directory: string, name: string): string {
  return join(directory, `${fileNameFor(name)}.vmx`);
}

async function prepareDisk(
  home: Home,
  wanted: NewMachine,
  directory: string,
  undo: Undo,
  start?: Uint8Array,
): Promise<string> {
  const { disk, bus } = wanted;
  if (disk.kind === 'existing') {
    const path = resolve(directory, disk.path);
    await inspectChain(path, {
      trustedPaths: [path],
      configDirectory: directory,
      settingsDirectory: home.settingsDirectory,
    });
    approveFile(path, { settingsDirectory: home.settingsDirectory });
    await keepAbandonedLog(path);
    return path;
  }
  const file = resolve(directory, disk.fileName);
  const { files } = await createBase({
    file,
    capacityBytes: disk.capacityBytes,
    split: disk.split,
    bus,
    allocateNow: disk.allocateNow,
  });
  for (const made of files) undo.willMake(made);
  if (dirname(file) !== directory) approveFile(file, { settingsDirectory: home.settingsDirectory });
  if (start !== undefined) await writeToDiskStart(file, start);
  return file;
}

/** Puts bytes on the first sectors of a new disk, as a guest would have. */
async function writeToDiskStart(file: string, bytes: Uint8Array): Promise<void> {
  const session = await openDiskSession({ file, mode: 'persistent', context: { purpose: 'filling a new disk' } });
  try {
    await session.device.write(0, [bytes]);
    await session.device.flush();
  } finally {
    await session.close();
  }
}

function newDocument(
  wanted: NewMachine,
  id: string,
  diskPath: string,
  directory: string,
  isDemo: boolean,
): VmxDocument {
  const document = VmxDocument.empty();
  const set = (name: string, value: string | undefined): void => {
    if (value !== undefined) document.set(name, value);
  };
  set('config.version', '6');
  set('virtualHW.version', '2');
  set('displayName', wanted.name.trim());
  set('guestOS', wanted.guestOs);
  set('memsize', String(wanted.memoryMb));
  if (wanted.bus === 'scsi') {
    set('scsi0.present', 'TRUE');
    set('scsi0.virtualDev', 'lsilogic');
  }
  const slot = wanted.bus === 'scsi' ? 'scsi0:0' : 'ide0:0';
  writeDisk(document, { slot, fileName: writtenFrom(directory, diskPath), mode: wanted.mode });
  if (isDemo) set('ide1:0.present', 'FALSE');
  else if (wanted.isoPath === undefined) set('ide1:0.present', 'TRUE');
  if (!isDemo) set('ide1:0.deviceType', 'cdrom-image');
  if (wanted.isoPath !== undefined) writeCdrom(document, resolve(directory, wanted.isoPath));
  set('floppy0.present', 'FALSE');
  writeNetwork(document, wanted.network);
  set('redoLogDir', wanted.redoLogDir.trim());
  set('uuid.bios', formatUuid(id));
  set('redoubt.backend', wanted.backend);
  if (isDemo) set('redoubt.demo', 'TRUE');
  return document;
}

/** What was made so far, to be unmade if the rest fails. Never touches what was there before. */
class Undo {
  private readonly files: string[] = [];
  private folder: string | undefined;

  makeFolder(directory: string): void {
    try {
      this.folder = mkdirSync(directory, { recursive: true });
    } catch (error) {
      const known = asFileError(error, directory, 'make');
      if (known.code !== 'disk.permission') throw known;
      throw new RedoubtError(
        'machine.folder-not-writable',
        `No permission to make ${directory}.`,
        { folder: directory },
        { cause: error },
      );
    }
  }

  willMake(file: string): void {
    this.files.push(file);
  }

  removeFiles(): void {
    for (const file of this.files)
      quietly(() => {
        unlinkSync(file);
      });
  }

  removeFolder(): void {
    const folder = this.folder;
    if (folder === undefined) return;
    // The disk's side folder is ours too, and empty; anything else keeps the folder.
    for (const file of this.files)
      quietly(() => {
        rmSync(`${file}.lck`, { recursive: true });
      });
    quietly(() => {
      rmdirSync(folder);
    });
  }
}

function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // It was not made, or stays.
  }
}
