import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile } from '../base/atomic-file.ts';
import { asFileError, errnoOf } from '../base/file-error.ts';
import { statusOf } from '../base/file-status.ts';
import { acquireLock, isHeld } from '../base/lock-file.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { MIB } from '../base/units.ts';
import { readConfiguration, type MachineConfiguration } from './machine-configuration.ts';
import { VmxDocument } from './vmx/vmx-document.ts';

const limitBytes = MIB;
const editWaitMs = 3000;

/** Reads a configuration file. Throws machine.bad-config where it can't be read or is no such file. */
export function loadConfiguration(configPath: string): MachineConfiguration {
  return readConfiguration(loadDocument(configPath), configPath);
}

/**
 * Reads, changes and replaces a configuration file, one editor at a time; a document that did not change
 * is not written. Returns the configuration as it is now. Throws machine.bad-config,
 * machine.folder-not-writable, machine.busy (somebody else keeps editing it), and what `edit` throws.
 */
export async function editConfiguration(
  configPath: string,
  edit: (document: VmxDocument) => void,
): Promise<MachineConfiguration> {
  const lock = await lockForEdit(configPath);
  try {
    const document = loadDocument(configPath);
    const before = document.print();
    edit(document);
    const after = document.print();
    if (after.length > limitBytes) {
      const reason = 'it would be too long for a configuration file';
      throw new RedoubtError('machine.bad-config', `${configPath}: ${reason}.`, { file: configPath, reason });
    }
    if (Buffer.compare(before, after) !== 0) saveDocument(configPath, after);
    return readConfiguration(document, configPath);
  } finally {
    lock.release();
  }
}

/** Writes the bytes of a document to its file, atomically and synced; a file that exists keeps its permissions. */
export function saveDocument(configPath: string, bytes: Uint8Array): void {
  const status = statusOf(configPath);
  try {
    replaceFile(configPath, bytes, status === undefined ? {} : { mode: status.mode & 0o777 });
  } catch (error) {
    throw folderError(error, dirname(configPath));
  }
}

function loadDocument(configPath: string): VmxDocument {
  const bad = (reason: string, cause?: unknown): RedoubtError =>
    new RedoubtError('machine.bad-config', `${configPath}: ${reason}.`, { file: configPath, reason }, { cause });
  let bytes: Buffer;
  try {
    const status = statSync(configPath);
    if (!status.isFile()) throw bad('it is not a file');
    if (status.size > limitBytes) throw bad('it is too long for a configuration file');
    bytes = readFileSync(configPath);
  } catch (error) {
    if (error instanceof RedoubtError) throw error;
    throw bad(
      errnoOf(error) === 'ENOENT' ? 'it does not exist' : `it cannot be read (${String(errnoOf(error))})`,
      error,
    );
  }
  if (bytes.includes(0)) throw bad('it is not a text file');
  return VmxDocument.parse(bytes);
}

async function lockForEdit(configPath: string): Promise<{ release(): void }> {
  try {
    const lock = await acquireLock(`${configPath}.edit`, 'changing the configuration', editWaitMs);
    if (isHeld(lock)) return lock;
    throw new RedoubtError('machine.busy', `${configPath} is being changed by process ${String(lock.pid)}.`, {
      machine: configPath,
      doing: lock.purpose,
    });
  } catch (error) {
    throw folderError(error, dirname(configPath));
  }
}

function folderError(error: unknown, folder: string): unknown {
  const known = errnoOf(error) === undefined ? error : asFileError(error, folder, 'write');
  if (!(known instanceof RedoubtError && known.is('disk.permission'))) return known;
  return new RedoubtError(
    'machine.folder-not-writable',
    `No permission to write to ${folder}.`,
    { folder },
    { cause: error },
  );
}
