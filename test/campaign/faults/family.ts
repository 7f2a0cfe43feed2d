import { mkdirSync, writeFileSync } from 'node:fs';
import type { BlockDevice } from '../../../core/disk/block-device.ts';
import { RedoubtError } from '../../../core/base/redoubt-error.ts';
import { checkChain } from '../../../core/disk/check/check-chain.ts';
import { createBase } from '../../../core/disk/create/create-base.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { identifyFile } from '../../../core/disk/describe/identify.ts';
import { openDiskSession, type SessionRequest } from '../../../core/disk/session/session.ts';
import { hostInUse, LifeEnded, memoryRoot } from '../../support/memory-host/memory-host.ts';
import { judgeSectors, SectorHistory, stamped } from '../../support/sector-history.ts';
import { makeSmallBase } from '../../support/small-disk.ts';

export const SECTOR_BYTES = 512;
export const folder = `${memoryRoot}/disks`;
/** Two segments, the second no whole number of grains long. */
export const spans = [512, 260] as const;
export const diskSectors = spans[0] + spans[1];

/** One way to look at the family's content: a link and all below it. */
export class Member {
  readonly file: string;
  /** The disk that the link is a log of; absent for the base. */
  readonly parent: string | undefined;
  history: SectorHistory;
  private lastStamp: number;

  constructor(file: string, parent: string | undefined, history: SectorHistory, firstStamp: number) {
    this.file = file;
    this.parent = parent;
    this.history = history;
    this.lastStamp = firstStamp;
  }

  copy(): Member {
    return new Member(this.file, this.parent, this.history.copy(), this.lastStamp);
  }

  request(): SessionRequest {
    return this.parent === undefined
      ? { file: this.file, mode: 'persistent' }
      : { file: this.parent, mode: 'undoable', redo: this.file };
  }

  /** Writes a new stamp. What fails may be there, in part or not at all. */
  async write(device: BlockDevice, first: number, count: number): Promise<void> {
    const stamp = ++this.lastStamp;
    const answered = this.history.beginWrite(first, count, stamp);
    await device.write(first * SECTOR_BYTES, [stamped(count, stamp)]);
    answered();
  }

  async zero(device: BlockDevice, first: number, count: number): Promise<void> {
    const answered = this.history.beginWrite(first, count, 0);
    await device.writeZeroes(first * SECTOR_BYTES, count * SECTOR_BYTES);
    answered();
  }

  /** What it held may stay, or read as zeros. */
  async trim(device: BlockDevice, first: number, count: number): Promise<void> {
    this.history.beginWrite(first, count, 0);
    await device.discard(first * SECTOR_BYTES, count * SECTOR_BYTES);
  }

  async flush(device: BlockDevice): Promise<void> {
    const settle = this.history.beginFlush();
    await device.flush();
    settle();
  }

  /** Opens it as the next power-on would, and has its structure checked. Returns what is wrong with it, or `undefined`. */
  async judge(): Promise<string | undefined> {
    const session = await openDiskSession(this.request());
    try {
      const wrong = await judgeSectors(session.device, this.history);
      if (wrong !== undefined) return wrong;
    } finally {
      await session.close();
    }
    const { findings } = await checkChain({ file: this.file });
    return findings.find((finding) => finding.severity === 'error' && isCowd(finding.file))?.sentence;
  }

  /** Whether it can still be used: what is written now is there after the next open. */
  async judgeUse(): Promise<string | undefined> {
    const session = await openDiskSession(this.request());
    for (const [first, count] of [
      [3, 2],
      [505, 20],
      [diskSectors - 9, 9],
    ] as const)
      await this.write(session.device, first, count);
    await this.flush(session.device);
    await session.close();
    return this.judge();
  }
}

/** What the check knows the structure of. */
function isCowd(file: string): boolean {
  const identity = identifyFile(file);
  return identity.kind === 'segment' || (identity.kind !== 'not-a-disk' && identity.format === 'cowd');
}

/** Disks that hang together, by the names that scenarios give them. */
export type Family = Record<string, Member>;

export function copyFamily(family: Family): Family {
  return Object.fromEntries(Object.entries(family).map(([name, member]) => [name, member.copy()]));
}

/** The next process opens what there is, reads nothing and closes it. */
export async function openAll(family: Family): Promise<void> {
  for (const member of Object.values(family)) {
    await tryStep(async () => {
      const session = await openDiskSession(member.request());
      await session.close();
    });
  }
}

export type BaseKind = 'cowd' | 'vmdk' | 'raw';

export async function makeBaseMember(name = 'disk.vmdk', kind: BaseKind = 'cowd'): Promise<Member> {
  mkdirSync(folder, { recursive: true });
  const file = `${folder}/${name}`;
  if (kind === 'cowd') makeSmallBase(folder, name, spans, { grainSectors: 16 });
  if (kind === 'vmdk')
    await createBase({ file, capacityBytes: diskSectors * SECTOR_BYTES, split: false, bus: 'ide', format: 'vmdk' });
  if (kind === 'raw') writeFileSync(file, new Uint8Array(diskSectors * SECTOR_BYTES));
  const member = new Member(file, undefined, new SectorHistory(diskSectors), 1000);
  await fill(member, [
    [0, 40],
    [100, 120],
    [490, 60],
    [700, 30],
  ]);
  return member;
}

let madeLogs = 0;

/** A log over a member, with content of its own. */
export async function makeLogMember(parent: Member, ranges: readonly (readonly [number, number])[]): Promise<Member> {
  const { file } = await createRedoLog({ parent: parent.file, randomSuffix: true, directory: folder });
  const member = new Member(file, parent.file, parent.history.copy(), ++madeLogs * 1_000_000);
  await fill(member, ranges);
  return member;
}

async function fill(member: Member, ranges: readonly (readonly [number, number])[]): Promise<void> {
  const session = await openDiskSession(member.request());
  for (const [first, count] of ranges) await member.write(session.device, first, count);
  await member.flush(session.device);
  await session.close();
}

/**
 * One step of work that may meet a fault: a refusal with a code of ours is an answer. Returns whether it
 * worked. Nothing more is done once the process has ended.
 */
export async function tryStep(act: () => Promise<unknown>): Promise<boolean> {
  if (hostInUse.getStore()?.life.isOver === true) throw new LifeEnded();
  try {
    await act();
    return true;
  } catch (error) {
    if (error instanceof RedoubtError && error.code !== 'internal') return false;
    throw error;
  }
}
