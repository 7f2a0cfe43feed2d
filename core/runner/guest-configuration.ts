import { join } from 'node:path';
import { RedoubtError } from '../base/redoubt-error.ts';
import type { Logger } from '../base/logger.ts';
import type { Backend, BackendConfiguration, BackendDisk } from '../backends/backend.ts';
import type { MachineConfiguration } from '../machines/machine-configuration.ts';
import { discImage, serialOutput } from '../machines/named-files.ts';

/** Whether the backend can run this machine as it is configured. Throws backend.unsupported, machine.bad-memory. */
export function requireCapabilities(backend: Backend, configuration: MachineConfiguration): void {
  const { capabilities, name } = backend;
  const hasScsi = configuration.disks.some((disk) => disk.slot.startsWith('scsi'));
  const needs = [
    { feature: 'SCSI disks', isNeeded: hasScsi, capability: capabilities.scsi },
    { feature: 'CD image', isNeeded: configuration.cdrom?.isoPath !== undefined, capability: capabilities.cdrom },
    { feature: 'serial port', isNeeded: configuration.serialFile !== undefined, capability: capabilities.serialPort },
  ];
  for (const { feature, isNeeded, capability } of needs) {
    if (isNeeded && capability !== true)
      throw new RedoubtError('backend.unsupported', capability, { backend: name, feature, reason: capability });
  }
  const { memoryMb } = configuration;
  const maximumMb = capabilities.maximumMemoryMb;
  if (memoryMb > maximumMb) {
    throw new RedoubtError('machine.bad-memory', `${name} gives a machine at most ${String(maximumMb)} MB.`, {
      memoryMb,
      maximumMb,
    });
  }
}

/** What the backend is told. Throws machine.bad-config, disk.not-found, disk.permission. A card on a network that it has not is on NAT; without any network it is left out. */
export function guestConfiguration(parts: {
  machineId: string;
  configuration: MachineConfiguration;
  backend: Backend;
  disks: readonly BackendDisk[];
  runtimeDirectory: string;
  log: Logger;
}): BackendConfiguration {
  const { machineId, configuration, backend, disks, runtimeDirectory, log } = parts;
  const { network } = configuration;
  const isoPath = discImage(configuration);
  const serialFilePath = serialOutput(configuration);
  const hasNetwork = network !== 'none' && backend.capabilities.network === true;
  if (network !== 'none' && network !== 'nat')
    log.warn(`network "${network}" is not there yet: ${hasNetwork ? 'NAT instead' : 'none'}`);
  return {
    machineId,
    machineName: configuration.name,
    memoryMb: configuration.memoryMb,
    disks,
    ...(configuration.cdrom === undefined ? {} : { cdrom: isoPath === undefined ? {} : { isoPath } }),
    network: hasNetwork ? 'nat' : 'none',
    ...(serialFilePath === undefined ? {} : { serialFilePath }),
    runtimeDirectory,
  };
}

/** A new path every session, so that nobody talks to a server that is gone. */
export function nbdSocketPath(runtimeDirectory: string, random: string): string {
  return join(runtimeDirectory, `nbd-${random}.sock`);
}
