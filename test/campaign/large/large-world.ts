import assert from 'node:assert/strict';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { Chain } from '../../../core/disk/chain/chain.ts';
import { checkChain } from '../../../core/disk/check/check-chain.ts';
import { createBase, planBaseFiles } from '../../../core/disk/create/create-base.ts';
import type { BlockDevice } from '../../../core/disk/block-device.ts';
import type { DialectName } from '../../../core/disk/formats/cowd/dialect.ts';
import type { OpenContext } from '../../../core/disk/open-context.ts';
import { closeLinks, openLinks, resolveChain } from '../../../core/disk/parents/resolve-chain.ts';
import { SessionDevice } from '../../../core/disk/session/session-device.ts';
import { MemoryHost, memoryRoot } from '../../support/memory-host/memory-host.ts';
import { SparseDisk } from './sparse-disk.ts';

const mib = 2 ** 20;
const folder = `${memoryRoot}/large`;
/** Read around every border, whatever was written there. */
const NEAR_BYTES = 16 * 1024;
/** Of what is said to be allocated more is not read: the whole of a raw disk is. */
const MOST_READ_BYTES = 16 * mib;
/** Of larger disks what is allocated is looked for near the borders only. */
const MOST_MAPPED_BYTES = 8 * 2 ** 30;

/** What a case begins with. */
export interface LargeSetup {
  readonly seed: number;
  readonly base: DialectName | 'vmdk' | 'raw';
  readonly split: boolean;
  /** Of the base; the dialect's own where absent. */
  readonly grainSectors: number | undefined;
  /** Of logs, each drawn from these. */
  readonly logGrains: readonly (number | undefined)[];
  readonly sectors: number;
}

export interface LargeLink {
  readonly file: string;
  parent: LargeLink | undefined;
  disk: SparseDisk;
  /** Lies over what its parent was before a commit into it, which an old-state link keeps. */
  isOverOldState: boolean;
  hasOldStates: boolean;
}

/** The disks of one case, which take hardly any memory however large they are, and what the model says of them. */
export class LargeWorld {
  readonly host: MemoryHost;
  readonly setup: LargeSetup;
  readonly links: LargeLink[] = [];
  /** Where numbers of bytes, sectors, grains or files change their kind, 0 and the end among them. */
  readonly borders: readonly number[];
  readonly context: OpenContext;
  private readonly file: string;

  constructor(setup: LargeSetup) {
    this.setup = setup;
    this.host = new MemoryHost(setup.seed);
    this.file = `${folder}/disk.${setup.base === 'raw' ? 'raw' : 'vmdk'}`;
    this.context = { trustedPaths: [this.file] };
    this.borders = this.findBorders();
  }

  get sizeBytes(): number {
    return this.setup.sectors * 512;
  }

  async makeBase(): Promise<void> {
    mkdirSync(folder, { recursive: true });
    if (this.setup.base === 'raw') {
      writeFileSync(this.file, '');
      truncateSync(this.file, this.sizeBytes);
    } else {
      await createBase(this.baseRequest());
    }
    this.add(this.file, undefined);
  }

  add(file: string, parent: LargeLink | undefined): LargeLink {
    const disk = parent?.disk.copy() ?? new SparseDisk();
    const link = { file, parent, disk, isOverOldState: false, hasOldStates: false };
    this.links.push(link);
    return link;
  }

  remove(link: LargeLink): void {
    this.links.splice(this.links.indexOf(link), 1);
  }

  childrenOf(link: LargeLink | undefined): LargeLink[] {
    return this.links.filter(({ parent }) => parent !== undefined && parent === link);
  }

  /** What anybody reads who looks, where something was written, is allocated or is near a border. */
  async compare({ file, disk }: LargeLink): Promise<void> {
    const links = openLinks(await resolveChain(file, this.context), { context: this.context });
    try {
      const device = new SessionDevice(new Chain(links));
      for (const border of this.borders) {
        const from = Math.max(0, border - NEAR_BYTES);
        await same(device, disk, file, from, Math.min(this.sizeBytes, border + NEAR_BYTES) - from);
      }
      for (const sector of disk.within(0, this.sizeBytes)) await same(device, disk, file, sector * 512, 512);
      if (this.sizeBytes <= MOST_MAPPED_BYTES) await this.compareAllocated(device, disk, file, 0, this.sizeBytes);
      else
        for (const border of this.borders) {
          const from = Math.max(0, border - 64 * mib);
          await this.compareAllocated(device, disk, file, from, Math.min(this.sizeBytes, border + 64 * mib));
        }
    } finally {
      closeLinks(links);
    }
  }

  /** That, and its structure is in order. */
  async verify(link: LargeLink): Promise<void> {
    await this.compare(link);
    const { findings } = await checkChain({ file: link.file, context: this.context });
    const error = findings.find(({ severity, kind }) => severity === 'error' && kind !== 'header');
    assert.equal(error, undefined, `${link.file}: ${error?.sentence ?? ''}`);
  }

  /** Data that came to a wrong place shows as allocated there; and nothing of the model may lie in a hole. */
  private async compareAllocated(device: BlockDevice, disk: SparseDisk, file: string, from: number, end: number) {
    let readable = MOST_READ_BYTES;
    for (let at = from; at < end;) {
      for (const { lengthBytes, isAllocated } of await device.mapStatus(at, end - at, 1024)) {
        if (!isAllocated) assert.deepEqual(disk.within(at, lengthBytes), [], `${file}: a hole at ${String(at)}`);
        const length = isAllocated ? Math.min(lengthBytes, readable) : 0;
        for (let done = 0; done < length; done += mib)
          await same(device, disk, file, at + done, Math.min(mib, length - done));
        readable -= length;
        at += lengthBytes;
      }
    }
  }

  private baseRequest() {
    const { base, split, grainSectors } = this.setup;
    const common = { file: this.file, capacityBytes: this.sizeBytes, split, bus: 'ide' as const };
    if (base === 'vmdk' || base === 'raw') return { ...common, format: 'vmdk' as const };
    return { ...common, dialect: base, ...(grainSectors === undefined ? {} : { grainSectors }) };
  }

  private findBorders(): number[] {
    const { base, grainSectors, logGrains } = this.setup;
    const borders = [0, this.sizeBytes, 2 ** 29, 2 ** 31, 2 ** 32, 2 ** 40];
    for (const grain of [grainSectors, ...logGrains])
      if (grain !== undefined) borders.push(...[20, 21, 31].map((power) => 2 ** power * grain * 512));
    if (base !== 'raw') {
      let end = 0;
      for (const span of planBaseFiles(this.baseRequest()).spansBytes.slice(0, 3)) borders.push((end += span));
    }
    return [...new Set(borders)].filter((border) => border <= this.sizeBytes);
  }
}

export async function same(
  device: BlockDevice,
  disk: SparseDisk,
  file: string,
  at: number,
  length: number,
): Promise<void> {
  const found = new Uint8Array(length);
  await device.read(at, found);
  const wanted = disk.read(at, length);
  if (Buffer.compare(found, wanted) === 0) return;
  const wrong = wanted.findIndex((byte, index) => byte !== found[index]);
  const values = `${String(found[wrong])} instead of ${String(wanted[wrong])}`;
  assert.fail(`${file}: byte ${String(at + wrong)} is ${values}`);
}
