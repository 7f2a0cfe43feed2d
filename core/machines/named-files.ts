import { closeSync, lstatSync, openSync, readSync } from 'node:fs';
import { dirname, isAbsolute, relative, sep } from 'node:path';
import { asFileError } from '../base/file-error.ts';
import { statusOf } from '../base/file-status.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { identifyFile } from '../disk/describe/identify.ts';
import { absoluteFrom, type MachineConfiguration } from './machine-configuration.ts';
import { realPath } from './machine-index.ts';

/**
 * Files other than disks that a configuration names. A configuration may come from a stranger, and so may
 * the guest: what the one names and the other writes or reads must not be this user's own files.
 */

/** Volume descriptors of ISO 9660 and UDF begin with one of these, one byte into the sixteenth sector. */
const discMarks = ['CD001', 'BEA01', 'NSR02', 'NSR03'];
const discMarkOffsetBytes = 16 * 2048 + 1;

/**
 * Where the first serial port writes, absolute. The file is emptied at power-on and the guest decides what it
 * holds, so it lies in the machine's folder and is nothing that the machine needs. Throws machine.bad-config.
 */
export function serialOutput(configuration: MachineConfiguration): string | undefined {
  const { serialFile, directory, configPath } = configuration;
  if (serialFile === undefined) return undefined;
  const path = absoluteFrom(directory, serialFile);
  const refuse = (reason: string) => refusal(configuration, 'serial0.fileName', `${path} ${reason}`);
  if (!isInside(directory, path)) throw refuse('lies outside the machine\u2019s folder');
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return path;
  if (!status.isFile() || status.nlink > 1) throw refuse('is a link, or no file');
  if (realPath(path) === realPath(configPath)) throw refuse('is the configuration itself');
  if (identifyFile(path).kind !== 'not-a-disk') throw refuse('is a disk');
  return path;
}

/**
 * The image in the CD drive, absolute. What the guest may read is a file, and one from elsewhere is a disc
 * image by its content. Throws disk.not-found, disk.permission, disk.io, machine.bad-config.
 */
export function discImage(configuration: MachineConfiguration): string | undefined {
  const { cdrom, directory } = configuration;
  if (cdrom?.isoPath === undefined) return undefined;
  const path = absoluteFrom(directory, cdrom.isoPath);
  const refuse = (reason: string) => refusal(configuration, `${cdrom.slot}.fileName`, `${path} ${reason}`);
  const status = statusOf(path);
  if (status === undefined) throw new RedoubtError('disk.not-found', `${path} does not exist.`, { file: path });
  if (!status.isFile()) throw refuse('is no file');
  if (!isInside(directory, realPath(path)) && !isDiscImage(path)) throw refuse('is no disc image');
  return path;
}

function isDiscImage(path: string): boolean {
  const mark = Buffer.alloc(5);
  try {
    const descriptor = openSync(path, 'r');
    try {
      readSync(descriptor, mark, 0, mark.length, discMarkOffsetBytes);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw asFileError(error, path, 'read');
  }
  return discMarks.includes(mark.toString('latin1'));
}

function isInside(directory: string, path: string): boolean {
  const steps = relative(realPath(directory), realPath(dirname(path)));
  return steps !== '..' && !steps.startsWith(`..${sep}`) && !isAbsolute(steps);
}

function refusal(configuration: MachineConfiguration, field: string, reason: string): RedoubtError {
  const { configPath } = configuration;
  const details = { file: configPath, field, reason };
  return new RedoubtError('machine.bad-config', `${configPath}: ${field}: ${reason}.`, details);
}
