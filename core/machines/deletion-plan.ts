import { existsSync, readdirSync, rmSync, rmdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { asFileError } from '../base/file-error.ts';
import { statusOf } from '../base/file-status.ts';
import type { Home } from '../base/home.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { findDependents } from '../disk/parents/dependents.ts';
import { inspectChain } from '../disk/describe/inspect.ts';
import { readLinkHead } from '../disk/link-head.ts';
import { lockFile } from '../disk/locks/file-lock.ts';
import { LockSet } from '../disk/locks/lock-set.ts';
import { removeLink } from '../disk/remove-link.ts';
import { loadConfiguration } from './configuration-file.ts';
import { decisionPath } from './decision-file.ts';
import type { Library } from './library.ts';
import { absoluteFrom, type MachineConfiguration } from './machine-configuration.ts';
import { MachineIndex, realPath } from './machine-index.ts';
import { lockMachine } from './machine-lock.ts';
import { machineContext } from './open-context.ts';
import { namedRedo } from './waiting-changes.ts';

export type StayReason = 'used-by' | 'may-be-used' | 'base-disk' | 'outside' | 'read-only';

export interface DeletionPlan {
  readonly deletes: { path: string; sizeBytes: number }[];
  /** `mayUse`: configurations that can't be read now; nobody knows what their machines use. */
  readonly stays: { path: string; sizeBytes: number; reason: StayReason; usedBy: string[]; mayUse: string[] }[];
}

/** What deleting a machine deletes, and what stays and why. Nothing outside its folder is deleted unasked. */
export async function planDeletion(library: Library, home: Home, id: string): Promise<DeletionPlan> {
  const { configPath } = library.entry(id);
  const configuration = readable(configPath);
  const links = configuration === undefined ? [] : await linksOf(configuration, home);
  return await planFor(library, id, links);
}

async function planFor(library: Library, id: string, links: readonly Link[]): Promise<DeletionPlan> {
  const { configPath } = library.entry(id);
  const plan: DeletionPlan = { deletes: [], stays: [] };
  const configuration = readable(configPath);
  if (configuration !== undefined) {
    const index = MachineIndex.read(library);
    const machine = { id, configuration, index, users: new Map() };
    for (const link of links) await judge(plan, link, machine);
  }
  for (const path of ownFiles(configPath)) plan.deletes.push({ path, sizeBytes: sizeOf(path) });
  return plan;
}

/**
 * Deletes files of the plan: what it deletes, and of what stays only what nobody else uses. The library is
 * the caller's. Throws api.bad-request for any other file, machine.busy where somebody has the machine, disk.locked
 * where somebody has one of its disks, disk.permission, disk.io.
 */
export async function deleteMachineFiles(
  library: Library,
  home: Home,
  id: string,
  files: readonly string[],
): Promise<void> {
  const { configPath } = library.entry(id);
  const lock = existsSync(configPath) ? await lockMachine(configPath, basename(configPath), 'deleting') : undefined;
  try {
    const configuration = readable(configPath);
    const links = configuration === undefined ? [] : await linksOf(configuration, home);
    const meant = links.filter((link) => link.files.some((file) => files.includes(file)));
    await whileLocked(meant, async () => {
      refuseForeign(files, await planFor(library, id, links));
      await removeLinks(meant, files);
    });
    // The configuration goes last: what a crash leaves is a machine that can be deleted again.
    for (const file of [...files].sort((a, b) => Number(a === configPath) - Number(b === configPath))) remove(file);
  } finally {
    lock?.release();
  }
  removeEmptyFolder(dirname(configPath));
}

/** Throws api.bad-request. */
function refuseForeign(files: readonly string[], plan: DeletionPlan): void {
  const unused = plan.stays.filter((row) => row.usedBy.length === 0 && row.mayUse.length === 0);
  const allowed = new Set([...plan.deletes, ...unused].map((row) => row.path));
  const foreign = files.filter((file) => !allowed.has(file));
  if (foreign.length === 0) return;
  throw new RedoubtError('api.bad-request', 'Some files can not be deleted with this machine.', { issues: foreign });
}

/** Whoever has one of the links, known to the library or not, would go on with files that have no name any more. */
async function whileLocked(links: readonly Link[], act: () => Promise<void>): Promise<void> {
  const locks = new LockSet();
  try {
    for (const path of new Set(links.map((link) => link.path)))
      locks.add(await lockFile(path, 'writer', { purpose: 'deleting' }));
    await act();
  } catch (error) {
    // Why it failed is what the user has to hear, not what else goes wrong on the way out.
    await locks.release().catch(() => undefined);
    throw error;
  } finally {
    await locks.release();
  }
}

/** A redo log is taken off its parent's list too: in a folder that is gone it would count as out of reach for ever. */
async function removeLinks(links: readonly Link[], files: readonly string[]): Promise<void> {
  for (const link of links) {
    if (!link.files.every((file) => files.includes(file)) || !existsSync(link.path)) continue;
    const head = readLinkHead(link.path);
    if (head.state.parent !== undefined) await removeLink(head);
  }
  for (const file of files) if (links.some((link) => link.files.includes(file))) removeNow(file);
}

interface Link {
  readonly path: string;
  readonly files: readonly string[];
  readonly isReadOnly: boolean;
  isBelow: boolean;
  /** What of the machine's own hangs from it. */
  readonly above: Link[];
}

/** The machine's own log and its configured disk, then everything they hang from; each once. */
async function linksOf(configuration: MachineConfiguration, home: Home): Promise<Link[]> {
  const links = new Map<string, Link>();
  for (const disk of configuration.disks) {
    const configured = absoluteFrom(configuration.directory, disk.fileName);
    const leaf = namedRedo(configuration, disk) ?? configured;
    try {
      const chain = await inspectChain(leaf, machineContext(configuration, home, 'planning a deletion'));
      let isBelow = false;
      let above: Link | undefined;
      for (const { path, files, isReadOnly } of chain.links) {
        const link = links.get(path) ?? { path, files, isReadOnly, isBelow, above: [] };
        link.isBelow &&= isBelow;
        if (above !== undefined) link.above.push(above);
        links.set(path, link);
        above = link;
        if (realPath(path) === realPath(configured)) isBelow = true;
      }
    } catch {
      // A disk that can't be read is left alone.
    }
  }
  return [...links.values()];
}

interface JudgedMachine {
  readonly id: string;
  readonly configuration: MachineConfiguration;
  readonly index: MachineIndex;
  /** What is known by now of the links above, so that a deep chain is looked through once. */
  readonly users: Map<Link, string[] | undefined>;
}

async function judge(plan: DeletionPlan, link: Link, machine: JudgedMachine): Promise<void> {
  const usedBy = await usersOf(link, machine);
  // As a disk that can't be read: nobody knows whom it would hurt.
  if (usedBy === undefined) return;
  const mayUse = [...machine.index.outOfReach];
  const reason = stayReason(link, { usedBy, mayUse }, machine.configuration.directory);
  for (const path of link.files) {
    const sizeBytes = sizeOf(path);
    if (reason === undefined) plan.deletes.push({ path, sizeBytes });
    else plan.stays.push({ path, sizeBytes, reason, usedBy, mayUse });
  }
}

/**
 * Who else needs a link, by itself or because it needs what of this machine hangs from it; `undefined` where that
 * can't be told.
 */
async function usersOf(link: Link, machine: JudgedMachine): Promise<string[] | undefined> {
  if (!machine.users.has(link)) machine.users.set(link, await findUsers(link, machine));
  return machine.users.get(link);
}

async function findUsers(link: Link, machine: JudgedMachine): Promise<string[] | undefined> {
  const { id, configuration, index } = machine;
  const others = index.usersOf(link.path).filter((user) => user.id !== id);
  const users = new Set(others.map((user) => user.configuration.name));
  // A log that the configuration names and another machine made is that one's.
  const except = configuration.disks.flatMap((disk) => {
    const redo = namedRedo(configuration, disk);
    return [absoluteFrom(configuration.directory, disk.fileName), ...(redo === undefined ? [] : [redo])];
  });
  try {
    const dependents = await findDependents(link.path, { searchPaths: index.searchPaths(), except });
    for (const { machineId, machineName, path } of index.named(dependents))
      users.add(machineId === id ? path : (machineName ?? path));
  } catch (error) {
    if (error instanceof RedoubtError) return undefined;
    throw error;
  }
  for (const above of link.above) {
    const usersAbove = await usersOf(above, machine);
    if (usersAbove === undefined) return undefined;
    for (const user of usersAbove) users.add(user);
  }
  return [...users];
}

function stayReason(
  link: Link,
  { usedBy, mayUse }: { usedBy: readonly string[]; mayUse: readonly string[] },
  directory: string,
): StayReason | undefined {
  if (usedBy.length > 0) return 'used-by';
  if (mayUse.length > 0) return 'may-be-used';
  if (link.isBelow) return 'base-disk';
  if (link.isReadOnly) return 'read-only';
  return realPath(dirname(link.path)) === realPath(directory) ? undefined : 'outside';
}

function ownFiles(configPath: string): string[] {
  const stem = basename(configPath).replace(/\.(vmx|cfg)$/i, '');
  const beside = [`${stem}.screen.png`, `${stem}.nvram`].map((name) => join(dirname(configPath), name));
  return [...beside, decisionPath(configPath), configPath].filter((path) => existsSync(path));
}

function removeNow(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch (error) {
    throw asFileError(error, file, 'remove');
  }
}

/** With what lies beside it. */
function remove(file: string): void {
  removeNow(file);
  try {
    // Beside another disk of the name the journal of a commit would be in the way.
    for (const side of ['.lck', '.children', '.redoubt', '.commit', '.making'])
      rmSync(`${file}${side}`, { recursive: true, force: true });
  } catch (error) {
    throw asFileError(error, file, 'remove');
  }
}

function removeEmptyFolder(folder: string): void {
  try {
    if (readdirSync(folder).length === 0) rmdirSync(folder);
  } catch {
    // It stays, with whatever is in it.
  }
}

function readable(configPath: string): MachineConfiguration | undefined {
  try {
    return loadConfiguration(configPath);
  } catch {
    return undefined;
  }
}

function sizeOf(path: string): number {
  return statusOf(path)?.size ?? 0;
}
