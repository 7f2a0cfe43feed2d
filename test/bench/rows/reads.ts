import { KIB, MIB } from '../../../core/base/units.ts';
import type { DataSet } from '../data-set.ts';
import { fio, qemuImgBench, type FioJob, type QemuImage, type Sample } from '../measure.ts';
import type { NbdServerProcess, Replies } from '../nbd-servers.ts';
import { dropCache, whileCached } from '../page-cache.ts';
import { serveVastSet, type VastSet } from '../vast-set.ts';
import { scratch, type RatioRow, type ServedSet } from './row.ts';

const random4k = (depth: number): FioJob => ({ rw: 'randread', blockBytes: 4 * KIB, depth });

/** Reading: hot, cold, deep and vast. */
export function readRows(): RatioRow[] {
  const qd32 = random4k(32);
  const sequential: FioJob = { rw: 'read', blockBytes: MIB, depth: 4 };
  const hot = '4 KiB random read, queue depth 32';
  const cold = `${hot}, page cache cold`;
  return [
    overNbd(hot, 1, qd32, { bar: 4 }),
    overNbd(hot, 16, qd32, { bar: 6 }),
    overNbd(hot, 64, qd32),
    overNbd(`${hot}, structured replies`, 1, qd32, { replies: 'structured' }),
    overNbd(`${hot}, structured replies`, 16, qd32, { replies: 'structured' }),
    overNbd(hot, 1, qd32, { where: 'anywhere' }),
    overNbd(hot, 16, qd32, { where: 'anywhere' }),
    throughQemu(1, { bar: 0.8 }),
    throughQemu(16, { bar: 1.5 }),
    throughQemu(64),
    throughQemu(1, { where: 'anywhere' }),
    throughQemu(16, { where: 'anywhere' }),
    overNbd('4 KiB random read, queue depth 1', 1, random4k(1), { bar: 1 }),
    overNbd('4 KiB random read, queue depth 1', 16, random4k(1), { bar: 1 }),
    overVast('4 KiB random read, queue depth 32, 256 GiB allocated', qd32, 1),
    overNbd('1 MiB sequential read', 1, sequential, { bar: 1 }),
    overNbd('1 MiB sequential read', 16, sequential, { bar: 1 }),
    deepAgainstFlat(0.9),
    overNbd(cold, 1, qd32, { bar: 0.8, isCold: true }),
    overNbd(cold, 16, qd32, { bar: 0.8, isCold: true }),
  ];
}

/** Where on the disk a row reads. */
type Where = 'written' | 'anywhere';

interface OverNbdOptions {
  readonly bar?: number;
  readonly where?: Where;
  readonly isCold?: boolean;
  readonly replies?: Replies;
}

/** A read of the disk, through our server and through qemu-nbd. */
function overNbd(work: string, depth: number, job: FioJob, options: OverNbdOptions = {}): RatioRow {
  const { bar, where = 'written', isCold = false, replies } = options;
  return {
    kind: 'ratio',
    work: where === 'written' ? work : `${work}, half of it never written`,
    against: 'qemu-nbd',
    depth,
    ...(bar === undefined ? {} : { bar }),
    measure: async (context) => {
      const { set, ours, peer } = await context.served(depth, replies);
      const one = (server: NbdServerProcess, files: readonly string[]) => {
        const measured = () => fio(server, job, rangeBytes(set, where), context.secondsPerSample, scratch(context));
        if (!isCold) return whileCached(files, measured);
        dropCache(files);
        return measured();
      };
      return { ours: await one(ours, set.redoubtFiles), peer: await one(peer, set.qcow2Files) };
    },
  };
}

/** QEMU's block layer on our socket, against QEMU's block layer on the qcow2 chain itself, without a server between. */
function throughQemu(depth: number, options: { bar?: number; where?: Where } = {}): RatioRow {
  const { bar, where = 'written' } = options;
  const work = '4 KiB read, large stride, by qemu-img bench';
  return {
    kind: 'ratio',
    work: where === 'written' ? work : `${work}, half of it never written`,
    against: 'qcow2 in process',
    depth,
    ...(bar === undefined ? {} : { bar }),
    measure: async (context) => {
      const { set, ours } = await context.served(depth);
      const one = (image: QemuImage, files: readonly string[]) =>
        whileCached(files, () => qemuImgBench(image, context.requestsPerSample, rangeBytes(set, where)));
      return {
        ours: await one({ socketPath: ours.socketPath }, set.redoubtFiles),
        peer: await one({ qcow2: set.qcow2 }, set.qcow2Files),
      };
    },
  };
}

function rangeBytes({ sizeBytes, writtenBytes }: DataSet, where: Where): number {
  return where === 'written' ? writtenBytes : sizeBytes;
}

/**
 * Lookups over more than any cache of tables holds: every cluster allocated, spread over 16 links. Each contender has
 * made the same reads before: the first time, ours would wait for the kernel to fill pages with the zeros of holes
 * that stand for data here (qemu-nbd asks where holes are, and reads none).
 */
function overVast(work: string, job: FioJob, bar: number): RatioRow {
  return {
    kind: 'ratio',
    work,
    against: 'qemu-nbd',
    depth: 16,
    bar,
    measure: async (context) => {
      const vast: VastSet = await context.once('vast', (folder) => serveVastSet(folder, 16, context.isQuick));
      const one = async (server: NbdServerProcess) => {
        const run = (seconds: number) => fio(server, job, vast.sizeBytes, seconds, scratch(context));
        await run(4 * context.secondsPerSample);
        return run(context.secondsPerSample);
      };
      return { ours: await one(vast.ours), peer: await one(vast.peer) };
    },
  };
}

/** Our own deep chain against our own flat disk. */
function deepAgainstFlat(bar: number): RatioRow {
  return {
    kind: 'ratio',
    work: '4 KiB random read, queue depth 32, at depth 64',
    against: 'itself at depth 1',
    depth: 64,
    bar,
    measure: async (context) => {
      const deep = await context.served(64);
      const flat = await context.served(1);
      const one = ({ ours, set }: ServedSet) =>
        whileCached(set.redoubtFiles, () =>
          fio(ours, random4k(32), set.writtenBytes, context.secondsPerSample, scratch(context)),
        );
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
