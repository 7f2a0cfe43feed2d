import type { Client } from '../../core/api/contract.ts';
import { client } from '../transport/client.ts';

/**
 * What dialogs ask the core while something is being typed. They change nothing; each throws what
 * `asRedoubtError` reads.
 */
type Calls = Client['machines'] & Client['disks'];
type Input<K extends keyof Calls> = Parameters<Calls[K]>[0];
type Output<K extends keyof Calls> = Awaited<ReturnType<Calls[K]>>;

export type LocationProposal = Output<'proposeLocation'>;
export type DiskFilesProposal = Output<'proposeDiskFiles'>;
export type DiskInspection = Output<'inspect'>;
export type FolderListing = Output<'browse'>;
export type DeletionPlan = Output<'deletionPlan'>;

export function proposeLocation(input: Input<'proposeLocation'>): Promise<LocationProposal> {
  return client().machines.proposeLocation(input);
}

export function proposeDiskFiles(input: Input<'proposeDiskFiles'>): Promise<DiskFilesProposal> {
  return client().machines.proposeDiskFiles(input);
}

export function checkRedoDirectory(input: Input<'checkRedoDirectory'>): Promise<Output<'checkRedoDirectory'>> {
  return client().machines.checkRedoDirectory(input);
}

export function inspectDisk(path: string): Promise<DiskInspection> {
  return client().disks.inspect({ path });
}

export function browseFolder(input: Input<'browse'>): Promise<FolderListing> {
  return client().disks.browse(input);
}

export function knownDisks(): Promise<Output<'known'>> {
  return client().disks.known({});
}

export function deletionPlan(id: string): Promise<DeletionPlan> {
  return client().machines.deletionPlan({ id });
}

export function machineSettings(id: string): Promise<Output<'settings'>> {
  return client().machines.settings({ id });
}

/** Makes a folder and those above it. The one proposal that acts: it is the answer to "does not exist". */
export async function createFolder(path: string): Promise<void> {
  await client().machines.createFolder({ path });
}

export function diskDependents(path: string): Promise<Output<'dependents'>> {
  return client().disks.dependents({ path });
}
