import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { RedoubtError } from '../../../core/base/redoubt-error.ts';
import { checkChain } from '../../../core/disk/check/check-chain.ts';
import { readChildren } from '../../../core/disk/parents/children-list.ts';
import { findDependents } from '../../../core/disk/parents/dependents.ts';
import { identifyFile } from '../../../core/disk/describe/identify.ts';
import { inspectChain } from '../../../core/disk/describe/inspect.ts';
import { closeLinks, openLinks, resolveChain } from '../../../core/disk/parents/resolve-chain.ts';
import { Chain } from '../../../core/disk/chain/chain.ts';
import { SessionDevice } from '../../../core/disk/session/session-device.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { installMemoryHost } from '../../support/memory-host/install-host.ts';
import { MemoryHost } from '../../support/memory-host/memory-host.ts';
import type { StoredDisk } from '../../support/memory-host/stored-disk.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import type { PartOptions, PartResult } from '../campaign-part.ts';
import { mutate } from './mutate.ts';
import { contentsOf, filesBelow, makeValidFiles, trusting, type FuzzTarget } from './valid-files.ts';

const MIB = 2 ** 20;
/** A damaged file may cost what a good one costs, and a good margin. */
const longestMs = 10_000;
const largestGrowthBytes = 400 * MIB;
const buffer = new Uint8Array(MIB);

/** Damages valid files and opens them in every way. Each opening must end, soon, in success or in an error with a code. */
export async function runFuzz({ seed, count, untilMs, say }: PartOptions): Promise<PartResult> {
  const uninstall = installMemoryHost();
  const failures: string[] = [];
  const ends = { opened: 0, refused: 0 };
  let done = 0;
  try {
    const host = new MemoryHost(seed);
    const targets = await host.run(makeValidFiles);
    if (targets === undefined) throw new Error('the valid files could not be made');
    host.disk.syncAll();
    const valid = host.disk;
    for (; done < count && Date.now() < untilMs && failures.length < 20; done++)
      await oneCase(valid, targets, seed + done, failures, ends);
  } finally {
    uninstall();
  }
  say(`  ${String(ends.opened)} openings worked, ${String(ends.refused)} were refused`);
  return {
    done,
    failures,
    summary: `fuzz: ${String(done)} damaged disks opened in every way, ${String(failures.length)} that crashed, hung, grew or changed a file`,
  };
}

async function oneCase(
  valid: StoredDisk,
  targets: readonly FuzzTarget[],
  seed: number,
  failures: string[],
  ends: { opened: number; refused: number },
): Promise<void> {
  const random = new SeededRandom(seed);
  const host = new MemoryHost(seed);
  host.disk = valid.copy();
  host.time.advance(3_600_000);
  const target = random.pick(targets);
  const damaged = random.pick(target.files);
  await host.run(async () => {
    const contents = contentsOf(target.files);
    const bytes = mutate(
      contents.get(damaged) as Buffer,
      [...contents.values()].filter((one) => one.length > 0),
      random,
    );
    writeFileSync(damaged, bytes);
    // Locks that dead processes left are swept by whoever looks.
    const before = contentsOf(target.files.filter((file) => !file.includes('.lck/')));
    for (const [name, open] of Object.entries(waysToOpen)) {
      const startMs = performance.now();
      const heldBytes = memoryHeld();
      try {
        await open(target, damaged);
        ends.opened++;
      } catch (error) {
        ends.refused++;
        if (!(error instanceof RedoubtError) || error.code === 'internal')
          failures.push(
            `seed ${String(seed)}: ${name} of ${target.file} with ${damaged} damaged: ${String((error as Error).stack)}`,
          );
      }
      const took = performance.now() - startMs;
      if (took > longestMs)
        failures.push(`seed ${String(seed)}: ${name} with ${damaged} damaged took ${String(took)} ms`);
      const growth = memoryHeld() - heldBytes;
      if (growth > largestGrowthBytes)
        failures.push(`seed ${String(seed)}: ${name} with ${damaged} damaged took ${String(growth)} bytes`);
      if (name === 'open for a guest') continue;
      for (const [file, content] of contentsOf([...before.keys()]))
        if (before.get(file)?.equals(content) !== true) failures.push(`seed ${String(seed)}: ${name} changed ${file}`);
    }
  });
}

/** Those that only look come first. */
const waysToOpen: Record<string, (target: FuzzTarget, damaged: string) => Promise<unknown>> = {
  identify: (_target, damaged) => Promise.resolve(identifyFile(damaged)),
  inspect: ({ file, parent }) => inspectChain(file, trusting(parent ?? file)),
  'inspect the parent': ({ file, parent }) => inspectChain(parent ?? file, trusting(parent ?? file)),
  check: ({ file, parent }) => checkChain({ file, context: trusting(parent ?? file) }),
  dependents: ({ file, parent }) => {
    readChildren(parent ?? file);
    return findDependents(parent ?? file, { searchPaths: filesBelow(dirname(file)) });
  },
  read: async ({ file, parent }) => {
    const links = openLinks(await resolveChain(file, trusting(parent ?? file)));
    try {
      await readAll(new SessionDevice(new Chain(links)));
    } finally {
      closeLinks(links);
    }
  },
  'open for a guest': async ({ file, parent }) => {
    const session = await openDiskSession(
      parent === undefined
        ? { file, mode: 'persistent' }
        : { file: parent, mode: 'undoable', redo: file, context: trusting(parent) },
    );
    try {
      await readAll(session.device);
      await session.device.write(100_000, [new Uint8Array(9000).fill(1)]);
      await session.device.flush();
    } finally {
      await session.close();
    }
  },
};

/** The start, the end and some between of a disk, however large it says it is. */
async function readAll(device: {
  sizeBytes: number;
  read(at: number, target: Uint8Array): undefined | Promise<void>;
}): Promise<void> {
  const step = Math.max(buffer.length, Math.floor(device.sizeBytes / 8));
  for (let at = 0; at < device.sizeBytes; at += step)
    await device.read(at, buffer.subarray(0, Math.min(buffer.length, device.sizeBytes - at)));
}

function memoryHeld(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
