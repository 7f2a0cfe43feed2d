import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { GIB, KIB, MIB } from '../../../core/base/units.ts';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { qemuIo } from '../data-set.ts';
import type { Sample } from '../measure.ts';
import { warmCache } from '../page-cache.ts';
import { SeededRandom } from '../random.ts';
import type { BenchContext, RatioRow } from './row.ts';

const run = promisify(execFile);
const runBytes = 64 * KIB;

/** Committing 1 GiB in scattered runs of 64 KiB into a base that is half full, both ending on the device. */
export function commitRows(): RatioRow[] {
  return [
    {
      kind: 'ratio',
      work: 'commit of 1 GiB in scattered 64 KiB runs, MiB/s',
      against: 'qemu-img commit',
      depth: 2,
      bar: 1,
      measure: async (context) => {
        const folder = join(context.folder, 'commit');
        mkdirSync(folder);
        try {
          return [{ ours: await commitOurs(context, folder), peer: await commitQcow2(context, folder) }];
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      },
    },
  ];
}

async function commitOurs(context: BenchContext, folder: string): Promise<Sample> {
  const set = await context.base();
  for (const file of set.redoubtFiles) copyFileSync(file, join(folder, basename(file)));
  const file = join(folder, basename(set.redoubt));
  const { file: redo } = await createRedoLog({ parent: file, randomSuffix: true });
  const session = await openDiskSession({ file, mode: 'undoable', redo });
  const offsets = scattered(set.sizeBytes, context.isQuick);
  try {
    for (const offset of offsets) await session.device.write(offset, [Buffer.alloc(runBytes, 0xc3)]);
  } finally {
    await session.close();
  }
  await run('sync', ['-f', folder]);
  warmCache([redo, file]);
  const start = performance.now();
  await commitRedoLog({ redo });
  return sample(offsets.length, performance.now() - start);
}

async function commitQcow2(context: BenchContext, folder: string): Promise<Sample> {
  const set = await context.base();
  const file = join(folder, basename(set.qcow2));
  copyFileSync(set.qcow2, file);
  const overlay = join(folder, 'overlay.qcow2');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', file, '-F', 'qcow2', overlay]);
  const offsets = scattered(set.sizeBytes, context.isQuick);
  await qemuIo(
    overlay,
    offsets.map((offset) => `write -P 195 ${String(offset)} ${String(runBytes)}\n`),
  );
  await run('sync', ['-f', folder]);
  warmCache([overlay, file]);
  const start = performance.now();
  // With -d the overlay is left as it is, as ours is only removed; the target's cache is flushed by both.
  await run('qemu-img', ['commit', '-q', '-d', '-f', 'qcow2', overlay]);
  return sample(offsets.length, performance.now() - start);
}

/** The same places for both: every one once, in an order of no meaning. */
function scattered(sizeBytes: number, isQuick: boolean): number[] {
  const wanted = (isQuick ? 64 * MIB : GIB) / runBytes;
  const units = sizeBytes / runBytes;
  const random = new SeededRandom(7);
  const chosen = new Set<number>();
  while (chosen.size < wanted) chosen.add(random.below(units) * runBytes);
  return [...chosen];
}

function sample(runs: number, milliseconds: number): Sample {
  return { rate: (runs * runBytes) / MIB / (milliseconds / 1000) };
}
