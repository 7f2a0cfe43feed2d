import { expect } from 'vitest';
import type { CommandProcess } from '../support/command-process.ts';
import { DiskOverNbd } from '../support/disk-over-nbd.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { TempFolder } from '../support/temp-folder.ts';
import { firstDifference } from './independent/compare.ts';
import { cidOf, openDisk, sidecarIdentity } from './independent/open-disk.ts';
import { joined, type Picture, type Range } from './independent/picture.ts';
import { strokesOver } from './independent/strokes-over.ts';
import { Vmdk4Extent } from './independent/vmdk4-extent.ts';

const mib = 1024 * 1024;

/** Serves a disk for as long as `use` runs; the command must succeed. */
export async function whileServed<T>(
  program: CommandProcess,
  folder: TempFolder,
  file: string,
  args: readonly string[],
  use: (disk: DiskOverNbd, redo: string | undefined) => Promise<T>,
): Promise<T> {
  const serving = await program.serve(file, folder.at('nbd.sock'), ...args);
  if (!('stop' in serving)) throw new Error(serving.err.trim());
  try {
    const disk = await DiskOverNbd.open(folder.at('nbd.sock'));
    try {
      return await use(disk, serving.redo);
    } finally {
      disk.close();
    }
  } finally {
    expect(await serving.stop()).toMatchObject({ status: 0 });
  }
}

/** Writes over NBD what a guest might, and paints the same. */
export async function scribble(disk: DiskOverNbd, picture: Picture, seams: readonly number[], random: SeededRandom) {
  for (const { offsetBytes, bytes } of strokesOver(picture.sizeBytes, seams, random)) {
    const kind = random.below(10);
    if (kind === 0) await disk.writeZeroes(offsetBytes, bytes.length);
    else await disk.write(offsetBytes, bytes, { isDurable: kind === 1 });
    picture.paint(offsetBytes, kind === 0 ? new Uint8Array(bytes.length) : bytes);
    if (kind === 2) await disk.flush();
  }
}

/** Whatever was painted with what lies around it, and some spots anywhere. Small disks whole. */
function spotsOf(picture: Picture, random: SeededRandom): Range[] {
  const { sizeBytes } = picture;
  if (sizeBytes <= 128 * mib) return [{ startBytes: 0, endBytes: sizeBytes }];
  const around = (start: number, end: number): Range => ({
    startBytes: Math.max(0, start - 65_536),
    endBytes: Math.min(sizeBytes, end + 65_536),
  });
  const anywhere = Array.from({ length: 20 }, () => random.below(sizeBytes / 512) * 512);
  return joined([
    ...picture.painted().map(({ startBytes, endBytes }) => around(startBytes, endBytes)),
    ...anywhere.map((spot) => around(spot, spot)),
  ]);
}

/** Fails with the first byte that is not served as it was painted. */
export async function expectServed(disk: DiskOverNbd, picture: Picture, random: SeededRandom): Promise<void> {
  for (const { startBytes, endBytes } of spotsOf(picture, random)) {
    for (let at = startBytes; at < endBytes; at += 8 * mib) {
      const length = Math.min(8 * mib, endBytes - at);
      const [found, wanted] = [await disk.read(at, length), picture.read(at, length)];
      if (found.equals(wanted)) continue;
      const offset = found.findIndex((byte, index) => byte !== wanted[index]);
      expect.fail(`byte ${String(at + offset)} is ${String(found[offset])}, not ${String(wanted[offset])}`);
    }
  }
}

/** Reads the chain with the second implementation. */
export function expectReadable(file: string, picture: Picture): void {
  const disk = openDisk(file);
  try {
    expect(firstDifference(disk, picture)).toBeUndefined();
  } finally {
    disk.close();
  }
}

/** What holds for every VMDK 4 disk of ours: the CID begins the content id, and the two copies of the tables agree. */
export function expectSoundVmdk4(file: string): void {
  expect(cidOf(file)).toHaveLength(8);
  expect(sidecarIdentity(file)?.content?.slice(0, 8)).toBe(cidOf(file));
  const disk = openDisk(file);
  for (const extent of disk.extents) {
    if (!(extent instanceof Vmdk4Extent)) throw new Error(`${file} has an extent that is not sparse`);
    expect(extent.header.uncleanShutdown).toBe(0);
    expect(extent.isRedundantCopyEqual()).toBe(true);
  }
  disk.close();
}

/** What `disk info --json` says of one link. */
export interface LinkInfo {
  readonly files: string[];
  readonly format: string;
  readonly dialect?: string;
  readonly capacityBytes: number;
  readonly grainBytes?: number;
  readonly generation: number;
  readonly contentId?: string;
  readonly role: string;
  readonly state: string;
}

/** The chain, from the leaf to the base, as the product sees it. */
export async function infoOf(
  program: CommandProcess,
  file: string,
): Promise<{ capacityBytes: number; links: LinkInfo[] }> {
  return JSON.parse(await program.ok('disk', 'info', '--json', file)) as { capacityBytes: number; links: LinkInfo[] };
}
