import { join } from 'node:path';
import { KIB, MIB } from '../../../core/base/units.ts';
import type { DataSet } from '../data-set.ts';
import { fio, qemuImgBench, type FioJob, type FioTime, type Pair, type QemuImage, type Sample } from '../measure.ts';
import { serveNothing, type NbdServerProcess, type Replies } from '../nbd-servers.ts';
import { dropCache, whileCached } from '../page-cache.ts';
import { serveVastSet, type VastSet } from '../vast-set.ts';
import { longer, scratch, type RatioRow, type ServedSet } from './row.ts';

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
    againstNothing(hot, 16, qd32, 0.9),
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
      const files = [...set.redoubtFiles, ...set.qcow2Files];
      const read = (server: NbdServerProcess, time: FioTime) =>
        fio(server, job, rangeBytes(set, where), time, scratch(context));
      if (!isCold) {
        const time = context.shortSample;
        return whileCached(files, () =>
          takeTurns(
            context.shortPairs,
            () => read(ours, time),
            () => read(peer, time),
          ),
        );
      }
      const readCold = async (server: NbdServerProcess) => {
        dropCache(files);
        return read(server, context.longSample);
      };
      const pair = { ours: await readCold(ours), peer: await readCold(peer) };
      // Random reads leave the cache in single pages: the next row that says hot finds none, and reads files whole.
      dropCache(files);
      return [pair];
    },
  };
}

/**
 * A read of the disk, and the same reads answered by a server that has no disk: whether what is measured is the server,
 * or the client and the socket.
 */
function againstNothing(work: string, depth: number, job: FioJob, bar: number): RatioRow {
  return {
    kind: 'ratio',
    work,
    against: 'a server without a disk',
    depth,
    bar,
    measure: async (context) => {
      const { set, ours } = await context.served(depth);
      const bare = await context.once('bare', async (folder) => {
        const value = await serveNothing(join(folder, 'bare.sock'), set.sizeBytes);
        return { value, close: () => value.stop() };
      });
      const read = (server: NbdServerProcess) =>
        fio(server, job, set.writtenBytes, context.shortSample, scratch(context));
      return whileCached(set.redoubtFiles, () =>
        takeTurns(
          context.shortPairs,
          () => read(ours),
          () => read(bare),
        ),
      );
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
      const one = (image: QemuImage) => qemuImgBench(image, context.shortRequests, rangeBytes(set, where));
      return whileCached([...set.redoubtFiles, ...set.qcow2Files], () =>
        takeTurns(
          context.shortPairs,
          () => one({ socketPath: ours.socketPath }),
          () => one({ qcow2: set.qcow2 }),
        ),
      );
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
        const read = (time: FioTime) => fio(server, job, vast.sizeBytes, time, scratch(context));
        await read(longer(context.longSample, 4));
        return read(context.longSample);
      };
      return [{ ours: await one(vast.ours), peer: await one(vast.peer) }];
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
        fio(ours, random4k(32), set.writtenBytes, context.shortSample, scratch(context));
      return whileCached([...deep.set.redoubtFiles, ...flat.set.redoubtFiles], () =>
        takeTurns(
          context.shortPairs,
          () => one(deep),
          () => one(flat),
        ),
      );
    },
  };
}

/** So many pairs, each contender first in every other one: what drifts meanwhile falls on both. */
async function takeTurns(pairs: number, ours: () => Promise<Sample>, peer: () => Promise<Sample>): Promise<Pair[]> {
  const taken: Pair[] = [];
  while (taken.length < pairs) {
    if (taken.length % 2 === 0) {
      taken.push({ ours: await ours(), peer: await peer() });
    } else {
      const other = await peer();
      taken.push({ ours: await ours(), peer: other });
    }
  }
  return taken;
}
