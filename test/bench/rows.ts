import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { KIB, MIB } from '../../core/base/units.ts';
import { createRedoLog } from '../../core/disk/create-redo-log.ts';
import { discardRedoLog } from '../../core/disk/discard.ts';
import type { DataSet } from './data-set.ts';
import { fio, qemuImgBench, type FioJob, type Sample } from './measure.ts';
import { warmCache } from './warm-cache.ts';
import { serveOurs, serveQcow2, type NbdServerProcess } from './nbd-servers.ts';

const run = promisify(execFile);

/** A disk with both servers running on it. */
export interface ServedSet {
  readonly set: DataSet;
  readonly ours: NbdServerProcess;
  readonly peer: NbdServerProcess;
}

export interface BenchContext {
  readonly folder: string;
  readonly secondsPerSample: number;
  readonly requestsPerSample: number;
  served(depth: number): ServedSet;
  /** A full base that nobody has open, for logs and overlays to be made on. */
  readonly base: DataSet;
}

/** One line of the table: two contenders doing the same work, and what the ratio should reach. */
export interface Row {
  readonly work: string;
  readonly against: string;
  readonly depth: number;
  /** Absent: measured for information. */
  readonly bar?: number;
  measure(context: BenchContext): Promise<{ ours: Sample; peer: Sample }>;
}

const random4k = (depth: number): FioJob => ({ rw: 'randread', blockBytes: 4 * KIB, depth });

/** All rows, for data sets of these depths. */
export function benchRows(): Row[] {
  const qd32 = random4k(32);
  return [
    overNbd('4 KiB random read, queue depth 32', 1, qd32, 4),
    overNbd('4 KiB random read, queue depth 32', 16, qd32, 6),
    overNbd('4 KiB random read, queue depth 32', 64, qd32),
    throughQemu(1, 0.8),
    throughQemu(16, 1.5),
    throughQemu(64),
    overNbd('4 KiB random read, queue depth 1', 1, random4k(1), 1),
    overNbd('4 KiB random read, queue depth 1', 16, random4k(1), 1),
    overNbd('1 MiB sequential read', 1, { rw: 'read', blockBytes: MIB, depth: 4 }, 1),
    overNbd('1 MiB sequential read', 16, { rw: 'read', blockBytes: MIB, depth: 4 }, 1),
    intoFresh('256 KiB sequential write, fresh log', { rw: 'write', blockBytes: 256 * KIB, depth: 4 }, 1),
    intoFresh('4 KiB random write, queue depth 32, fresh log', { rw: 'randwrite', blockBytes: 4 * KIB, depth: 32 }, 2),
    intoFresh(
      '4 KiB 70/30 mix, queue depth 32, fresh log',
      { rw: 'randrw', blockBytes: 4 * KIB, depth: 32, extra: ['--rwmixread=70'] },
      2,
    ),
    intoFresh(
      '4 KiB write and FLUSH, each, fresh log',
      { rw: 'randwrite', blockBytes: 4 * KIB, depth: 1, extra: ['--fsync=1'] },
      0.8,
    ),
    deepAgainstFlat(0.9),
  ];
}

/** A read of the whole disk, through our server and through qemu-nbd. */
function overNbd(work: string, depth: number, job: FioJob, bar?: number): Row {
  return {
    work,
    against: 'qemu-nbd',
    depth,
    ...(bar === undefined ? {} : { bar }),
    measure: async (context) => {
      const { set, ours, peer } = context.served(depth);
      const one = (server: NbdServerProcess, files: readonly string[]) => {
        warmCache(files);
        return fio(server, job, set.sizeBytes, context.secondsPerSample, scratch(context));
      };
      return { ours: await one(ours, set.redoubtFiles), peer: await one(peer, set.qcow2Files) };
    },
  };
}

/** QEMU's block layer on our socket, against QEMU's block layer on the qcow2 chain itself, without a server between. */
function throughQemu(depth: number, bar?: number): Row {
  return {
    work: '4 KiB read, large stride, by qemu-img bench',
    against: 'qcow2 in process',
    depth,
    ...(bar === undefined ? {} : { bar }),
    measure: async (context) => {
      const { set, ours } = context.served(depth);
      warmCache(set.redoubtFiles);
      const oursSample = await qemuImgBench('raw', ours.uri, context.requestsPerSample);
      warmCache(set.qcow2Files);
      return { ours: oursSample, peer: await qemuImgBench('qcow2', set.qcow2, context.requestsPerSample) };
    },
  };
}

/** Writes into a redo log, and into an overlay, that were made for this sample over a full base. */
function intoFresh(work: string, job: FioJob, bar: number): Row {
  return {
    work,
    against: 'qemu-nbd',
    depth: 2,
    bar,
    measure: async (context) => {
      const { base: set } = context;
      const one = (server: NbdServerProcess) =>
        fio(server, job, set.sizeBytes, context.secondsPerSample, scratch(context));
      return { ours: await withFreshLog(context, set, one), peer: await withFreshOverlay(context, set, one) };
    },
  };
}

async function withFreshLog(
  context: BenchContext,
  set: DataSet,
  use: (server: NbdServerProcess) => Promise<Sample>,
): Promise<Sample> {
  warmCache(set.redoubtFiles);
  const { file } = await createRedoLog({ parent: set.redoubt, randomSuffix: true });
  try {
    const server = await serveOurs(join(context.folder, 'fresh.sock'), set.redoubt, file);
    try {
      return await use(server);
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
  warmCache(set.qcow2Files);
  const file = join(context.folder, 'fresh.qcow2');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', set.qcow2, '-F', 'qcow2', file]);
  try {
    const server = await serveQcow2(join(context.folder, 'fresh-peer.sock'), file);
    try {
      return await use(server);
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(file, { force: true });
  }
}

/** Our own deep chain against our own flat disk. */
function deepAgainstFlat(bar: number): Row {
  return {
    work: '4 KiB random read, queue depth 32, at depth 64',
    against: 'itself at depth 1',
    depth: 64,
    bar,
    measure: async (context) => {
      const [deep, flat] = [context.served(64), context.served(1)];
      const one = ({ ours, set }: ServedSet) => {
        warmCache(set.redoubtFiles);
        return fio(ours, random4k(32), set.sizeBytes, context.secondsPerSample, scratch(context));
      };
      // Flat, deep, deep, flat: what drifts within a round falls on both.
      const first = await one(flat);
      const ours = mean(await one(deep), await one(deep));
      return { ours, peer: mean(first, await one(flat)) };
    },
  };
}

function mean(a: Sample, b: Sample): Sample {
  const cpu = [a.cpuMicroseconds, b.cpuMicroseconds].filter((value) => value !== undefined);
  const rate = (a.rate + b.rate) / 2;
  return cpu.length < 2 ? { rate } : { rate, cpuMicroseconds: cpu.reduce((sum, value) => sum + value, 0) / 2 };
}

function scratch(context: BenchContext): string {
  return join(context.folder, 'fio.json');
}
