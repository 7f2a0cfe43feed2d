import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRedoLog } from '../../../../core/disk/create/create-redo-log.ts';
import { encodeHolder, newHolder } from '../../../../core/disk/locks/lock-holder.ts';
import { findDependents } from '../../../../core/disk/parents/dependents.ts';
import { keepAbandonedLog, removeAbandonedLogs } from '../../../../core/disk/session/abandoned-logs.ts';
import { makePrivateFolder } from '../../../../core/disk/session/private-folder.ts';
import { openDiskSession, type DiskMode } from '../../../../core/disk/session/session.ts';
import { fingerprint, inSession, makeBase, makeLog, writeDisk } from '../../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

/** Above what Linux hands out. */
const noProcess = 2 ** 22 + 1;
const machine = 'a'.repeat(32);
let folder: TempFolder;
let base: string;

beforeEach(async () => {
  folder = makeTempFolder();
  base = await makeBase(folder.at('disk.vmdk'));
  mkdirSync(folder.at('logs'));
});
afterEach(() => {
  folder.remove();
});

/** A log as a session of that mode leaves it that is killed. */
async function killed(mode: DiskMode, { owner, parent = base }: { owner?: string; parent?: string } = {}) {
  const log = await makeLog(parent, { directory: folder.at('logs'), ...(owner === undefined ? {} : { owner }) });
  await inSession({ file: parent, mode: 'undoable', redo: log, ...(owner === undefined ? {} : { owner }) }, () => {
    // Opened once, so that it is like any other.
  });
  leaveLock(log, { isNonpersistent: mode === 'nonpersistent' });
  return log;
}

function leaveLock(log: string, changes: { isNonpersistent: boolean; pid?: number }): void {
  const { isNonpersistent, pid = noProcess } = changes;
  const holder = { ...newHolder('writer', 'b'.repeat(32), { purpose: 'served', isNonpersistent }), pid };
  mkdirSync(`${log}.lck`);
  writeFileSync(`${log}.lck/${holder.token}.json`, encodeHolder(holder));
}

const logs = (): string[] => readdirSync(folder.at('logs'));

describe('logs that nonpersistent sessions left', () => {
  it('[S7] a running nonpersistent session says in its lock what its log is', async () => {
    const log = await makeLog(base, { directory: folder.at('logs') });
    const session = await openDiskSession({ file: base, mode: 'nonpersistent', redo: log });
    expect(await removeAbandonedLogs(base)).toEqual([]);
    expect(existsSync(log)).toBe(true);
    await session.close();
    expect(logs()).toEqual([]);
  });

  it('[S7] go once their process is gone, with their entry among the dependents', async () => {
    const log = await killed('nonpersistent');
    const before = fingerprint([base]);
    expect(await removeAbandonedLogs(base)).toEqual([log]);
    expect(logs()).toEqual([]);
    expect(await findDependents(base)).toEqual([]);
    expect(readdirSync(folder.path).sort()).toEqual(['disk.vmdk', 'logs']);
    expect(fingerprint([base])).toEqual(before);
  });

  it('[S7] go with what is left of a removal that was cut off', async () => {
    const log = await killed('nonpersistent');
    renameSync(log, `${log}.removing`);
    await removeAbandonedLogs(base);
    expect(logs()).toEqual([]);
  });

  it('[S7] are found below the disk that is opened, and in private folders where no list is kept', async () => {
    const private_ = makePrivateFolder();
    const { file: log } = await createRedoLog({ parent: base, directory: private_, randomSuffix: true });
    leaveLock(log, { isNonpersistent: true });
    writeFileSync(`${base}.children`, '');
    const child = await makeLog(base);
    expect(await removeAbandonedLogs(child)).toEqual([log]);
    expect(existsSync(dirname(log))).toBe(false);
  });

  it('[S7] leave the folder that somebody made for them', async () => {
    const directory = folder.at('redoubt-spool1');
    mkdirSync(directory);
    const { file: log } = await createRedoLog({ parent: base, directory, randomSuffix: true });
    leaveLock(log, { isNonpersistent: true });
    expect(await removeAbandonedLogs(base)).toEqual([log]);
    expect(existsSync(directory)).toBe(true);
  });

  it('[S7] stay once somebody has chosen them as a disk', async () => {
    const log = await killed('nonpersistent');
    await keepAbandonedLog(base);
    await keepAbandonedLog(log);
    expect(existsSync(`${log}.lck`)).toBe(false);
    expect(await removeAbandonedLogs(base)).toEqual([]);
    expect(existsSync(log)).toBe(true);
  });

  it('[S7] of a machine go only for that machine', async () => {
    const log = await killed('nonpersistent', { owner: machine });
    expect(await removeAbandonedLogs(base)).toEqual([]);
    expect(await removeAbandonedLogs(base, { owner: 'c'.repeat(32) })).toEqual([]);
    expect(await removeAbandonedLogs(base, { owner: machine })).toEqual([log]);
  });

  it.each<[string, (log: string) => void | Promise<void>]>([
    ['a session that keeps', () => undefined],
    ['a process that lives', (log) => leaveAgain(log, { isNonpersistent: true, pid: process.pid })],
    ['nobody that is known', (log) => removeLocks(log)],
    ['nobody, because somebody has opened it since', (log) => rescue(log)],
    ['somebody who has made a log over it', (log) => nest(log)],
    ['somebody who has protected it', (log) => protect(log)],
    ['another disk', (log) => ofAnotherDisk(log)],
    ['somebody who can not be told', (log) => crowd(log)],
  ])('[S7] stay if they are of %s', async (_, change) => {
    const log = await killed('undoable');
    await change(log);
    const before = logs();
    expect(await removeAbandonedLogs(base, { directories: [folder.at('logs')] })).toEqual([]);
    expect(logs()).toEqual(before);
  });

  it('[S7] stay if they are what is opened, by name or as the parent of what is', async () => {
    const log = await killed('nonpersistent');
    expect(await removeAbandonedLogs(log)).toEqual([]);
    expect(await removeAbandonedLogs(base, { kept: [log] })).toEqual([]);
    const child = await makeLog(log, { directory: folder.path });
    rmSync(`${log}.children`);
    leaveAgain(log, { isNonpersistent: true });
    expect(await removeAbandonedLogs(child)).toEqual([]);
    expect(existsSync(log)).toBe(true);
  });

  it('[S7] that another log has taken the place of stay', async () => {
    const log = await killed('nonpersistent');
    const other = await makeLog(base, { directory: folder.at('logs') });
    renameSync(other, log);
    expect(await removeAbandonedLogs(base)).toEqual([]);
    expect(existsSync(log)).toBe(true);
  });
});

function leaveAgain(log: string, changes: { isNonpersistent: boolean; pid?: number }): void {
  removeLocks(log);
  leaveLock(log, changes);
}

function removeLocks(log: string): void {
  if (existsSync(`${log}.lck`)) renameSync(`${log}.lck`, folder.at('aside'));
}

async function rescue(log: string): Promise<void> {
  leaveAgain(log, { isNonpersistent: true });
  await writeDisk(base, log, [[0, 1]]);
}

async function nest(log: string): Promise<void> {
  leaveAgain(log, { isNonpersistent: true });
  await createRedoLog({ parent: log, randomSuffix: false });
}

function protect(log: string): void {
  leaveAgain(log, { isNonpersistent: true });
  chmodSync(log, 0o444);
}

function crowd(log: string): void {
  leaveAgain(log, { isNonpersistent: true });
  writeFileSync(`${log}.lck/x.json`, 'what?');
}

/** The list of one disk names a log of another's. */
async function ofAnotherDisk(log: string): Promise<void> {
  const other = await makeLog(await makeBase(folder.at('other.vmdk')), { directory: folder.at('logs') });
  removeLocks(log);
  leaveLock(other, { isNonpersistent: true });
  const listed = { redoubt: 1, children: [{ path: other }] };
  writeFileSync(`${base}.children`, JSON.stringify(listed));
}
