import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GIB } from '../../../core/base/units.ts';
import { createBase } from '../../../core/disk/create/create-base.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { discardRedoLog } from '../../../core/disk/discard.ts';
import type { OpeningReport } from '../open-disk.ts';
import { dropCache } from '../page-cache.ts';
import type { BenchContext, LimitRow } from './row.ts';

const run = promisify(execFile);

/** What a user waits for: making a log, opening a long chain, going on after a kill. */
export function openingRows(): LimitRow[] {
  const long = { depth: 32, capacityBytes: 2040 * GIB, split: false };
  const wide = { depth: 8, capacityBytes: 1024 * 4_189_248 * 512, split: true };
  const chain = (name: string, shape: ChainShape) => (context: BenchContext) =>
    context.once(name, async (folder) => ({ value: await makeChain(folder, shape) }));
  const longChain = chain('long', long);
  const wideChain = chain('wide', wide);
  const openLong = async (context: BenchContext, how: How) => open(await longChain(context), how);
  return [
    { ...limit('create a redo log over 64 GiB in 33 files', 33, 'ms', 100), measure: createLog('ms') },
    { ...limit('the same: what its files take', 33, 'bytes a segment', 4096 + 1), measure: createLog('bytes') },
    {
      ...limit('open 32 links of 2040 GiB, one file each', 32, 'ms', 200),
      measure: async (context) => (await openLong(context, 'clean')).milliseconds,
    },
    {
      ...limit('the same: memory', 32, 'MiB', 64),
      measure: async (context) => (await openLong(context, 'clean')).memoryMib,
    },
    {
      ...limit('the same after a kill, to the first read and write', 32, 'ms', 200),
      measure: async (context) => (await openLong(context, 'after-kill')).milliseconds,
    },
    {
      ...limit('open 8 links of 1024 segments', 8, 'ms', 1000),
      measure: async (context) => (await open(await wideChain(context), 'clean')).milliseconds,
    },
    {
      ...limit('open 32 links of 2040 GiB, one file each, page cache cold', 32, 'ms'),
      measure: async (context) => (await openLong(context, 'cold')).milliseconds,
    },
    {
      ...limit('open 8 links of 1024 segments, page cache cold', 8, 'ms'),
      measure: async (context) => (await open(await wideChain(context), 'cold')).milliseconds,
    },
  ];
}

/** `clean`: the kernel still knows the files, as when a machine is started again. */
type How = 'clean' | 'after-kill' | 'cold';

interface ChainShape {
  readonly depth: number;
  readonly capacityBytes: number;
  readonly split: boolean;
}

function limit(work: string, depth: number, unit: LimitRow['unit'], below?: number): Omit<LimitRow, 'measure'> {
  return { kind: 'limit', work, depth, unit, ...(below === undefined ? {} : { below }) };
}

async function makeChain(folder: string, { depth, capacityBytes, split }: ChainShape): Promise<string> {
  let leaf = join(folder, 'disk.vmdk');
  await createBase({ file: leaf, capacityBytes, split, bus: 'ide' });
  for (let link = 1; link < depth; link++) leaf = (await createRedoLog({ parent: leaf, randomSuffix: true })).file;
  return leaf;
}

/** In a process of its own, so that nothing is compiled, cached or allocated before. */
async function open(leaf: string, how: How): Promise<OpeningReport> {
  const program = join(import.meta.dirname, '..', 'open-disk.ts');
  const node = (step: string) => run(process.execPath, ['--import', import.meta.resolve('tsx'), program, leaf, step]);
  if (how === 'after-kill') await node('write-and-die').catch(() => undefined);
  if (how === 'clean') await node('open');
  if (how === 'cold') dropCache([leaf]);
  const { stdout } = await node('open');
  return JSON.parse(stdout) as OpeningReport;
}

function createLog(what: 'ms' | 'bytes') {
  return async (context: BenchContext): Promise<number> => {
    const parent = await context.once('sixty-four', async (folder) => {
      const file = join(folder, 'disk.vmdk');
      await createBase({ file, capacityBytes: 64 * GIB, split: true, bus: 'ide' });
      return { value: file };
    });
    const start = performance.now();
    const { file, files } = await createRedoLog({ parent, randomSuffix: true });
    const milliseconds = performance.now() - start;
    const blocks = files.map((path) => statSync(path).blocks * 512);
    await discardRedoLog({ redo: file, force: true });
    return what === 'ms' ? milliseconds : Math.max(...blocks);
  };
}
