import { describe, expect, it } from 'vitest';
import { checkLinkFiles } from '../../../../core/disk/check/check-link.ts';
import { Findings } from '../../../../core/disk/check/finding.ts';
import { Chain } from '../../../../core/disk/chain/chain.ts';
import { Link } from '../../../../core/disk/chain/link.ts';
import { readHeader } from '../../../../core/disk/formats/cowd/read-header.ts';
import { shrinkLeaf } from '../../../../core/disk/shrink/shrink-leaf.ts';
import { CrashingFiles } from '../../../support/crashing-files.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { makeLink, openDevice, type TestDisk } from '../../../support/test-chain.ts';

const spans = [6000, 3000];
const grain = 4096;

interface Family {
  readonly files: CrashingFiles;
  /** Leaf first. */
  readonly disks: readonly TestDisk[];
}

/** A log of two files over a base, both with gaps and zeros. */
async function family(): Promise<Family> {
  const files = new CrashingFiles();
  const base = makeLink(files, 'base', spans, { layer: files });
  await fill({ files, disks: [base] });
  const log = makeLink(files, 'log', spans, { layer: files, parent: base, grainSectors: 8 });
  await fill({ files, disks: [log, base] });
  return { files, disks: [log, base] };
}

async function fill({ files, disks }: Family): Promise<void> {
  const device = openDevice(disks, { layer: files });
  for (let at = 0; at < 1000; at += 10)
    await device.write(at * grain, [new Uint8Array(2 * grain).fill(1 + (at % 251))]);
  for (let at = 0; at < 1000; at += 40) await device.discard(at * grain, 4 * grain);
  for (let at = 25; at < 1000; at += 100) await device.write(at * grain, [new Uint8Array(grain).fill(9)]);
  for (let at = 25; at < 1000; at += 100) await device.write(at * grain, [new Uint8Array(grain)]);
  await device.close();
}

async function contentOf({ files, disks }: Family): Promise<Buffer> {
  const device = openDevice(disks, { layer: files, isWritable: false });
  const bytes = Buffer.alloc(device.sizeBytes);
  await device.read(0, bytes);
  await device.close();
  return bytes;
}

function open({ files, disks }: Family): Link[] {
  return disks.map((disk, index) =>
    Link.open({ files: disk.files, isWritable: index === 0, layer: files, identity: 'keep' }),
  );
}

async function shrink(it: Family): Promise<void> {
  const links = open(it);
  await shrinkLeaf(new Chain(links));
  await links[0]?.finishClean({ allSegments: true });
  for (const link of links) link.close();
}

/** The power fails before the `stop`th event of a shrink; false if it ended before. */
async function shrinkUntil(it: Family, stop: number): Promise<boolean> {
  const lost = new Error('power loss');
  let events = 0;
  it.files.fault = () => {
    if (++events >= stop) throw lost;
  };
  try {
    await shrink(it);
    return false;
  } catch (error) {
    if (events < stop) throw error;
    return true;
  } finally {
    it.files.fault = () => undefined;
  }
}

function lengthOf({ files, disks }: Family): number {
  return (disks[0] as TestDisk).files.reduce((sum, path) => sum + files.open(path, false).lengthBytes(), 0);
}

async function faultsOf({ files, disks }: Family): Promise<string[]> {
  const findings = new Findings();
  const rights = { canKeep: true, canChange: true, canCut: true };
  await checkLinkFiles({ files: (disks[0] as TestDisk).files, rights, layer: files }, findings);
  return findings.all().map(({ sentence }) => sentence);
}

describe('[Z3] a shrink that the power fails in', { timeout: 60_000 }, () => {
  it('leaves what was there, and goes on when it is asked again', async () => {
    const random = new SeededRandom(3);
    const whole = await family();
    const content = await contentOf(whole);
    const before = lengthOf(whole);
    await shrink(whole);
    const shortest = lengthOf(whole);
    expect(shortest).toBeLessThan(0.8 * before);
    for (let stop = 1; ; stop++) {
      const it = await family();
      const wasCut = await shrinkUntil(it, stop);
      if (wasCut) it.files.crash(random);
      expect((await contentOf(it)).equals(content), `stopped before event ${String(stop)}`).toBe(true);
      if (wasCut) await shrink(it);
      expect((await contentOf(it)).equals(content)).toBe(true);
      expect(await faultsOf(it)).toEqual([]);
      expect(lengthOf(it)).toBe(shortest);
      if (!wasCut) break;
    }
  });

  it('leaves files whose grains are aligned in no way as whole', async () => {
    const it = await family();
    const [path] = (it.disks[0] as TestDisk).files as [string];
    const file = it.files.open(path, true);
    const header = readHeader(file);
    const directory = new Uint32Array(1);
    file.read(header.directorySector * 512, new Uint8Array(directory.buffer));
    // Some grains move to places of other remainders, as foreign writers leave them.
    for (const index of [50, 110, 210, 310, 410]) {
      const entries = new Uint32Array(128);
      const offset = (directory[0] as number) * 512 + Math.floor(index / 128) * 512;
      file.read(offset, new Uint8Array(entries.buffer));
      const bytes = new Uint8Array(grain);
      const place = entries[index % 128] as number;
      expect(place).toBeGreaterThan(0);
      file.read(place * 512, bytes);
      const end = file.lengthBytes() / 512 + (index % 7);
      file.write(end * 512, [bytes]);
      entries[index % 128] = end;
      file.write(offset, [new Uint8Array(entries.buffer)]);
    }
    file.syncNow();
    const content = await contentOf(it);
    const before = lengthOf(it);
    await shrink(it);
    expect((await contentOf(it)).equals(content)).toBe(true);
    expect((await faultsOf(it)).filter((sentence) => !sentence.includes('to which no entry points'))).toEqual([]);
    expect(lengthOf(it)).toBeLessThan(0.9 * before);
  });
});
