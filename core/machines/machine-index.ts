import { lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Dependent } from '../api/errors.ts';
import { hasEntries } from '../base/has-entries.ts';
import { loadConfiguration } from './configuration-file.ts';
import type { Library } from './library.ts';
import { absoluteFrom, type MachineConfiguration } from './machine-configuration.ts';
import { isMachineRunning } from './machine-lock.ts';
import type { RedoClaim } from './redo-location.ts';

export interface IndexedMachine {
  readonly id: string;
  readonly configuration: MachineConfiguration;
  /** Real paths of the disks it is configured with. */
  readonly diskPaths: readonly string[];
  /** Real paths of the redo logs that its configuration names. */
  readonly redoPaths: readonly string[];
}

/** What the library's machines use, read from their files now. Machines whose file can't be read are left out. */
export class MachineIndex {
  readonly machines: readonly IndexedMachine[];
  /** Configurations, or the library, that can't be read now: nobody knows what their machines use. One that is proved to be gone is not among them. */
  readonly outOfReach: readonly string[];
  private readonly library: Library | undefined;

  constructor(machines: readonly IndexedMachine[], outOfReach: readonly string[] = [], library?: Library) {
    this.machines = machines;
    this.outOfReach = outOfReach;
    this.library = library;
  }

  static read(library: Library): MachineIndex {
    const entries = library.known();
    const outOfReach = entries === undefined ? [library.path] : [];
    const machines = (entries ?? []).flatMap(({ id, configPath }): IndexedMachine[] => {
      try {
        return [indexed(id, loadConfiguration(configPath))];
      } catch {
        if (!isGone(configPath, library.settingsDirectory)) outOfReach.push(configPath);
        return [];
      }
    });
    return new MachineIndex(machines, outOfReach, library);
  }

  /** The same read anew, for work that has taken long; one that was not read stays as it is. */
  again(): MachineIndex {
    return this.library === undefined ? this : MachineIndex.read(this.library);
  }

  /** Machines whose configured disk, or named redo log, is this file. */
  usersOf(path: string): IndexedMachine[] {
    const real = realPath(path);
    return this.machines.filter((machine) => machine.diskPaths.includes(real) || machine.redoPaths.includes(real));
  }

  /** Machines whose configured disk is this file. */
  machinesOn(path: string): IndexedMachine[] {
    const real = realPath(path);
    return this.machines.filter((machine) => machine.diskPaths.includes(real));
  }

  /** Files that may hang from a disk although they lie elsewhere: what the machines use. */
  searchPaths(): string[] {
    return [...new Set(this.machines.flatMap((machine) => [...machine.diskPaths, ...machine.redoPaths]))];
  }

  /** The same dependents, with the machines that use them. */
  named(dependents: readonly { path: string }[]): Dependent[] {
    return dependents.flatMap(({ path }): Dependent[] => {
      const users = this.usersOf(path);
      if (users.length === 0) return [{ path }];
      return users.map(({ id, configuration }) => ({
        path,
        machineId: id,
        machineName: configuration.name,
        isRunning: isMachineRunning(configuration.configPath),
      }));
    });
  }

  /** Every disk of every machine, for the question whether two would write one log. */
  redoClaims(): RedoClaim[] {
    return this.machines.flatMap(({ id, configuration }) =>
      configuration.disks.map((disk) => ({
        machineId: id,
        machineName: configuration.name,
        diskPath: realPath(absoluteFrom(configuration.directory, disk.fileName)),
        mode: disk.mode,
        redoLogDir: disk.redoLogDir ?? configuration.redoLogDir,
      })),
    );
  }
}

/** Follows links; a path that leads nowhere stays as it is. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Below these a drive's folder is not there while the drive is away. */
const mountPlaces = /^\/(media|mnt|Volumes|run\/media)\//;

/**
 * Whether a configuration that can't be read is proved to be gone: a folder that shows other things does not show it.
 * Where its own folder is gone too, that has to be where no drive can be away: on the file system of the list itself.
 */
export function isGone(configPath: string, settingsDirectory: string): boolean {
  try {
    const found = nearestThere(configPath);
    if (found === configPath || !hasEntries(found)) return false;
    if (found === dirname(configPath)) return true;
    const place = join(realpathSync(found), relative(found, configPath));
    return !mountPlaces.test(place) && statSync(found).dev === statSync(settingsDirectory).dev;
  } catch {
    return false;
  }
}

/** What is there of a path: all of it, or the nearest folder above. A link that leads nowhere is there. */
function nearestThere(path: string): string {
  const above = dirname(path);
  if (above === path || lstatSync(path, { throwIfNoEntry: false }) !== undefined) return path;
  return nearestThere(above);
}

function indexed(id: string, configuration: MachineConfiguration): IndexedMachine {
  const real = (path: string): string => realPath(absoluteFrom(configuration.directory, path));
  return {
    id,
    configuration,
    diskPaths: configuration.disks.map((disk) => real(disk.fileName)),
    redoPaths: configuration.disks.flatMap((disk) => (disk.redo === undefined ? [] : [real(disk.redo)])),
  };
}
