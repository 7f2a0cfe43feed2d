import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandProcess, type CommandResult } from '../support/command-process.ts';
import { DiskOverNbd, NbdError } from '../support/disk-over-nbd.ts';
import { fingerprint } from '../support/fingerprint.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { makeTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { hasTools } from '../support/tools.ts';
import { cowdSeed, vmdk4Seed, type Seed } from './independent/hostile/seeds.ts';
import { applyVariant, type Variant } from './independent/hostile/variant.ts';
import { openDisk } from './independent/open-disk.ts';
import { Vmdk4Extent } from './independent/vmdk4-extent.ts';

const patienceMs = 5000;
const memoryLimitBytes = 768 * 1024 * 1024;

/**
 * One variant in so many runs every time, other ones for each seed; all of them with REDOUBT_HOSTILE=1. Their number
 * is odd, because the values of a field come in a fixed order. REDOUBT_HOSTILE_ONLY=TEXT runs those with the text in
 * their name.
 */
const share = Number(process.env['REDOUBT_HOSTILE'] ?? '61');
const only = process.env['REDOUBT_HOSTILE_ONLY'];

let program: CommandProcess;
let folder: TempFolder;
beforeEach(async () => {
  program = await CommandProcess.start();
  folder = makeTempFolder();
});
afterEach(async () => {
  await program.end();
  folder.remove();
});

async function startAgain(): Promise<void> {
  await program.end();
  program = await CommandProcess.start();
  rmSync(folder.at('nbd.sock'), { force: true });
}

/** What is wrong about how a spoiled disk was met, in words; undefined if nothing is. */
async function judge(seed: Seed, variant: Variant): Promise<string | undefined> {
  const untouched = readdirSync(seed.folder);
  const whole = new Map(seed.files.map((file) => [file, readFileSync(file)]));
  applyVariant(seed.folder, variant);
  try {
    const there = seed.files.filter((file) => readdirSync(seed.folder).includes(basename(file)));
    const before = fingerprint(there);
    for (const command of ['info', 'check']) {
      const complaint = complaintAbout(await program.run(['disk', command, '--json', seed.leaf], patienceMs));
      if (complaint !== undefined) return `${command}: ${complaint}`;
    }
    const reading = await whileServed(seed, ['--mode', 'nonpersistent', '--redo-dir', folder.at('logs')], readAll);
    if (fingerprint(there) !== before) return 'reading has changed a file';
    if (reading !== undefined) return `reading: ${reading}`;

    const below = there.filter((file) => file !== seed.leaf && !file.endsWith('.REDO'));
    const beforeBelow = fingerprint(below);
    const writing = await whileServed(seed, ['--mode', 'persistent'], writeSome);
    const isChild = seed.leaf.endsWith('.REDO');
    if (isChild && fingerprint(below) !== beforeBelow) return 'writing to the child has changed the parent';
    if (writing !== undefined && variant.sharesPlaces !== true) return `writing: ${writing}`;
    const repair = complaintAbout(await program.run(['disk', 'check', '--repair', seed.leaf], patienceMs));
    if (repair !== undefined) return `repair: ${repair}`;
    if (program.memoryBytes > memoryLimitBytes) return `${String(program.memoryBytes)} bytes of memory`;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    for (const [file, bytes] of whole) writeFileSync(file, bytes);
    for (const name of readdirSync(seed.folder)) {
      if (!untouched.includes(name)) rmSync(join(seed.folder, name), { recursive: true });
    }
  }
}

/** Every refusal has a code, and none of them says that the fault is ours. */
function complaintAbout({ status, err }: CommandResult): string | undefined {
  if (status === 0) return undefined;
  const code = /^redoubt: ([a-z.-]+): [^\n]*\n$/.exec(err)?.[1];
  if (status !== 1 || code === undefined || code === 'internal')
    return `status ${String(status)}, ${err.slice(0, 500)}`;
  return undefined;
}

async function whileServed(
  seed: Seed,
  args: readonly string[],
  use: (disk: DiskOverNbd, seed: Seed) => Promise<string | undefined>,
): Promise<string | undefined> {
  const socket = folder.at('nbd.sock');
  const serving = await within(program.serve(seed.leaf, socket, ...args), 'serve');
  if (!('stop' in serving)) return complaintAbout(serving);
  let complaint: string | undefined;
  const disk = await within(DiskOverNbd.open(socket), 'connect');
  try {
    complaint = await within(use(disk, seed), 'requests');
  } finally {
    disk.close();
    complaint ??= complaintAbout(await within(serving.stop(), 'stop'));
  }
  return complaint;
}

/** Fails where it takes too long. */
async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const timer = new AbortController();
  const late = delay(patienceMs, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`${what}: no answer in ${String(patienceMs)} ms`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
  }
}

/**
 * The second implementation's opinion; undefined where it finds the disk unreadable, and where there are two copies of
 * a table that differ: which one is the right one is for the product to find out.
 */
function opinion(seed: Seed, offsetBytes: number, lengthBytes: number): Buffer | undefined {
  try {
    const disk = openDisk(seed.leaf);
    try {
      const isDoubtful = disk.extents.some((one) => one instanceof Vmdk4Extent && !one.isRedundantCopyEqual());
      return isDoubtful ? undefined : disk.read(offsetBytes, lengthBytes);
    } finally {
      disk.close();
    }
  } catch {
    return undefined;
  }
}

const pieceBytes = 1024 * 1024;

/** A piece is read right, or refused, whatever the disk claims to be. */
async function readAll(disk: DiskOverNbd, seed: Seed): Promise<string | undefined> {
  const wanted = new Set([0, Math.max(0, disk.sizeBytes - pieceBytes)]);
  for (const { startBytes } of seed.picture.painted()) wanted.add(Math.floor(startBytes / pieceBytes) * pieceBytes);
  for (const offsetBytes of wanted) {
    const lengthBytes = Math.min(pieceBytes, disk.sizeBytes - offsetBytes);
    if (lengthBytes <= 0) continue;
    const found = await unlessRefused(disk.read(offsetBytes, lengthBytes));
    const other = found === undefined ? undefined : opinion(seed, offsetBytes, lengthBytes);
    if (found === undefined || other === undefined || found.equals(other)) continue;
    const at = found.findIndex((byte, index) => byte !== other[index]);
    return `byte ${String(offsetBytes + at)} is ${String(found[at])}, the second implementation says ${String(other[at])}`;
  }
  return undefined;
}

/** What was written is read again, or refused. */
async function writeSome(disk: DiskOverNbd): Promise<string | undefined> {
  const random = new SeededRandom(77);
  for (let round = 0; round < 4; round++) {
    const sectors = Math.min(300, disk.sizeBytes / 512);
    const offsetBytes = random.below(Math.min(disk.sizeBytes / 512 - sectors, 4000) + 1) * 512;
    const bytes = Buffer.from(random.bytes(sectors * 512));
    const found = await unlessRefused(disk.write(offsetBytes, bytes).then(() => disk.read(offsetBytes, bytes.length)));
    if (found !== undefined && !found.equals(bytes))
      return `what was written at ${String(offsetBytes)} reads otherwise`;
  }
  await unlessRefused(disk.flush());
  return undefined;
}

/** Undefined where the server answers with an error. */
async function unlessRefused<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof NbdError) return undefined;
    throw error;
  }
}

const seeds: { name: string; make: (folder: string, random: SeededRandom) => Seed }[] = [
  { name: 'hybrid', make: (at, random) => cowdSeed(at, 'hybrid', true, random) },
  { name: 'ws3, foreign', make: (at, random) => cowdSeed(at, 'ws3', false, random) },
  { name: 'esx', make: (at, random) => cowdSeed(at, 'esx', true, random) },
  { name: 'vmware2, foreign', make: (at, random) => cowdSeed(at, 'vmware2', false, random) },
  {
    name: 'monolithicSparse',
    make: (at, random) => vmdk4Seed(at, { createType: 'monolithicSparse', spansSectors: [20_000] }, random),
  },
  {
    name: 'twoGbMaxExtentSparse',
    make: (at, random) => vmdk4Seed(at, { createType: 'twoGbMaxExtentSparse', spansSectors: [12_800, 1280] }, random),
  },
  {
    name: 'twoGbMaxExtentFlat',
    make: (at, random) => vmdk4Seed(at, { createType: 'twoGbMaxExtentFlat', spansSectors: [4000, 100] }, random),
  },
  {
    name: 'streamOptimized',
    make: (at, random) =>
      vmdk4Seed(at, { createType: 'streamOptimized', spansSectors: [10_000], hasFooter: true }, random),
  },
  {
    name: 'streamOptimized without a footer',
    make: (at, random) =>
      vmdk4Seed(at, { createType: 'streamOptimized', spansSectors: [10_000], hasFooter: false }, random),
  },
];

describe.skipIf(!hasTools('mkfifo'))('spoiled disks get a typed error or are read right', () => {
  it.each(seeds.map((seed, index) => [seed.name, seed, index] as const))(
    '%s',
    async (_name, { make }, index) => {
      mkdirSync(folder.at('disk'));
      mkdirSync(folder.at('logs'));
      const seed = make(folder.at('disk'), new SeededRandom(index));
      const chosen = seed.variants.filter(({ name }, number) =>
        only === undefined ? number % share === (index * 7) % share : name.includes(only),
      );
      expect(await judge(seed, { name: 'nothing is wrong', changes: [] })).toBeUndefined();
      const complaints: string[] = [];
      for (const variant of chosen) {
        if ((await judge(seed, variant)) === undefined) continue;
        // The machine may have been busy: it is a complaint if it comes again, in a process of its own.
        await startAgain();
        const complaint = await judge(seed, variant);
        if (complaint === undefined) continue;
        complaints.push(`${variant.name}: ${complaint}`);
        await startAgain();
      }
      console.info(`${String(chosen.length)} of ${String(seed.variants.length)} variants`);
      expect(complaints).toEqual([]);
    },
    3_600_000,
  );
});
