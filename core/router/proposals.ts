import { accessSync, constants, statfsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { WireError } from '../api/errors.ts';
import { statusOf } from '../base/file-status.ts';
import { RedoubtError, toWire } from '../base/redoubt-error.ts';
import { planBaseFiles, type DiskBus } from '../disk/create/create-base.ts';
import { configPathFor } from '../machines/create-machine.ts';
import { absoluteFrom } from '../machines/machine-configuration.ts';
import { MachineIndex, realPath } from '../machines/machine-index.ts';
import { fileNameFor, folderProblem, freeName, isWritableFolder, nameProblem } from '../machines/machine-names.ts';
import { findRedoClash, plainRedoPath } from '../machines/redo-location.ts';
import type { RouterServices } from './router-services.ts';

interface Finding {
  problem?: WireError | undefined;
  warning?: string | undefined;
}

const problemOf = (error: RedoubtError | undefined): Finding => (error === undefined ? {} : { problem: toWire(error) });

/** Where a new machine of this name would go, and whether it may. */
export function proposeLocation(services: RouterServices, wanted: { name: string; directory?: string | undefined }) {
  const index = MachineIndex.read(services.library);
  const { machinesDirectory } = services.home;
  const name = wanted.name.trim() === '' ? freeName('New machine', index, machinesDirectory) : wanted.name.trim();
  const directory =
    wanted.directory === undefined || wanted.directory.trim() === ''
      ? join(machinesDirectory, fileNameFor(name))
      : resolve(machinesDirectory, wanted.directory.trim());
  const configPath = configPathFor(directory, name);
  const isThere = statusOf(configPath) !== undefined;
  const taken = isThere
    ? new RedoubtError('disk.exists', `${configPath} exists already.`, { file: configPath })
    : undefined;
  return {
    name,
    directory,
    configPath,
    ...problemOf(nameProblem(name, index) ?? folderProblem(directory, index) ?? taken),
  };
}

/** The files that a new disk would consist of, and what speaks against it. */
export function proposeDiskFiles(wanted: {
  directory: string;
  fileName: string;
  capacityBytes: number;
  split: boolean;
  bus: DiskBus;
}) {
  const { directory, fileName, capacityBytes, split, bus } = wanted;
  const freeBytes = freeBytesAt(directory);
  const space = freeBytes === undefined ? {} : { freeBytes };
  try {
    const files = [...planBaseFiles({ file: resolve(directory, fileName), capacityBytes, split, bus }).files];
    const taken = files.find((file) => statusOf(file) !== undefined);
    const problem =
      taken === undefined ? undefined : new RedoubtError('disk.exists', `${taken} exists already.`, { file: taken });
    return { files, ...space, ...problemOf(problem) };
  } catch (error) {
    return { files: [], ...space, problem: toWire(error) };
  }
}

/** Checks of a REDO log directory as typed. */
export function checkRedoDirectory(
  services: RouterServices,
  typed: { machineId?: string | undefined; machineDirectory: string; diskPaths: string[]; redoLogDir: string },
): Finding {
  const redoLogDir = typed.redoLogDir.trim();
  if (redoLogDir !== '' && redoLogDir !== '.')
    return problemOf(directoryProblem(absoluteFrom(typed.machineDirectory, redoLogDir)));
  if (redoLogDir === '.') {
    const isNew = typed.machineId === undefined; // its folder is still to be made
    const problem =
      isNew && isWritableFolder(typed.machineDirectory) ? undefined : directoryProblem(typed.machineDirectory);
    return problemOf(problem);
  }
  const claims = MachineIndex.read(services.library).redoClaims();
  for (const path of typed.diskPaths) {
    const diskPath = realPath(absoluteFrom(typed.machineDirectory, path));
    const clash = findRedoClash(
      { machineId: typed.machineId ?? '', diskPath, mode: 'undoable', redoLogDir: '' },
      claims,
    );
    if (clash !== undefined) {
      const file = plainRedoPath(diskPath);
      const details = { file, owner: clash.machineId, machineName: clash.machineName };
      return problemOf(
        new RedoubtError('disk.redo-taken', `"${clash.machineName}" writes its redo log to ${file} too.`, details),
      );
    }
    const beside = dirname(diskPath);
    if (statusOf(beside) !== undefined) {
      const problem = directoryProblem(beside);
      if (problem !== undefined) return problemOf(problem);
    }
  }
  return {};
}

function directoryProblem(directory: string): RedoubtError | undefined {
  const refuse = (reason: 'missing' | 'not-a-directory' | 'not-writable'): RedoubtError =>
    new RedoubtError('disk.redo-directory', `${directory} can't take redo logs: ${reason}.`, { directory, reason });
  const status = statusOf(directory);
  if (status === undefined) return refuse('missing');
  if (!status.isDirectory()) return refuse('not-a-directory');
  if ((status.mode & 0o222) === 0 && process.platform !== 'win32') return refuse('not-writable');
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return undefined;
  } catch {
    return refuse('not-writable');
  }
}

function freeBytesAt(directory: string): number | undefined {
  for (let folder = resolve(directory); ; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = statfsSync(folder);
      return bavail * bsize;
    } catch {
      if (folder === dirname(folder)) return undefined;
    }
  }
}
