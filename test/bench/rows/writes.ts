import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KIB } from '../../../core/base/units.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { discardRedoLog } from '../../../core/disk/discard.ts';
import type { DataSet } from '../data-set.ts';
import { fio, type FioJob, type Sample } from '../measure.ts';
import { serveOurs, serveQcow2, type NbdServerProcess } from '../nbd-servers.ts';
import { whileCached } from '../page-cache.ts';
import { scratch, type BenchContext, type RatioRow } from './row.ts';

const run = promisify(execFile);

/** Writing into a redo log, and into an overlay, that were made for the sample. */
export function writeRows(): RatioRow[] {
  const random = { blockBytes: 4 * KIB, depth: 32 };
  return [
    intoFresh('256 KiB sequential write, fresh log', { rw: 'write', blockBytes: 256 * KIB, depth: 4 }, 1),
    intoFresh('4 KiB random write, queue depth 32, fresh log', { rw: 'randwrite', ...random }, 2),
    intoFresh('4 KiB 70/30 mix, queue depth 32, fresh log', { rw: 'randrw', ...random, extra: ['--rwmixread=70'] }, 2),
    intoFresh(
      '4 KiB write and FLUSH, each, fresh log',
      { rw: 'randwrite', blockBytes: 4 * KIB, depth: 1, extra: ['--fsync=1'] },
      0.8,
    ),
  ];
}

function intoFresh(work: string, job: FioJob, bar: number): RatioRow {
  return {
    kind: 'ratio',
    work,
    against: 'qemu-nbd',
    depth: 2,
    bar,
    measure: async (context) => {
      const set = await context.base();
      const one = (server: NbdServerProcess) => fio(server, job, set.sizeBytes, context.longSample, scratch(context));
      return [{ ours: await withFreshLog(context, set, one), peer: await withFreshOverlay(context, set, one) }];
    },
  };
}

async function withFreshLog(
  context: BenchContext,
  set: DataSet,
  use: (server: NbdServerProcess) => Promise<Sample>,
): Promise<Sample> {
  const { file } = await createRedoLog({ parent: set.redoubt, randomSuffix: true });
  try {
    const server = await serveOurs(join(context.folder, 'fresh.sock'), set.redoubt, { redo: file });
    try {
      return await whileCached(set.redoubtFiles, () => use(server));
    } finally {
      await server.stop();
    }
  } finally {
    await discardRedoLog({ redo: file, force: true });
  }
}

async function withFreshOverlay(
  context: BenchContext,
  set: DataSet,
  use: (server: NbdServerProcess) => Promise<Sample>,
): Promise<Sample> {
  const file = join(context.folder, 'fresh.qcow2');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', set.qcow2, '-F', 'qcow2', file]);
  try {
    const server = await serveQcow2(join(context.folder, 'fresh-peer.sock'), file);
    try {
      return await whileCached(set.qcow2Files, () => use(server));
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(file, { force: true });
  }
}
