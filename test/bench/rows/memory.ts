import { join } from 'node:path';
import { GIB, KIB } from '../../../core/base/units.ts';
import { createBase } from '../../../core/disk/create/create-base.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { fio, type FioJob } from '../measure.ts';
import { serveOurs } from '../nbd-servers.ts';
import { SeededRandom } from '../random.ts';
import { longer, scratch, type BenchContext, type LimitRow } from './row.ts';

const links = 32;
const capacityBytes = 2040 * GIB;
/** So much is written to each link, all over the disk, before it is measured. */
const writesPerLink = 500;
/** The load lasts as long as so many other samples. */
const samplesLong = 30;

/**
 * What `disk serve` takes at the worst, all of Node with it: a disk as large as the format has, many links, no two
 * requests near each other, long enough that what it holds stops growing. Measured once, in the first round.
 */
export function memoryRows(): LimitRow[] {
  return [
    {
      kind: 'limit',
      work: 'peak memory of disk serve, 32 links of 2040 GiB under random load',
      depth: links,
      unit: 'MiB',
      below: 160,
      measure: (context) => context.once('written', async (folder) => ({ value: await measure(context, folder) })),
    },
  ];
}

async function measure(context: BenchContext, folder: string): Promise<number> {
  const server = await serveOurs(join(folder, 'memory.sock'), await makeWrittenChain(folder));
  try {
    const job: FioJob = { rw: 'randrw', blockBytes: 4 * KIB, depth: 32 };
    await fio(server, job, capacityBytes, longer(context.longSample, samplesLong), scratch(context));
    return server.peakMemoryMib();
  } finally {
    await server.stop();
  }
}

async function makeWrittenChain(folder: string): Promise<string> {
  const random = new SeededRandom(2040);
  let leaf = join(folder, 'disk.vmdk');
  await createBase({ file: leaf, capacityBytes, split: false, bus: 'ide' });
  for (let link = 1; link <= links; link++) {
    const { device, close } = await openForWriting(leaf);
    for (let write = 0; write < writesPerLink; write++)
      await device.write(random.below(capacityBytes / (4 * KIB)) * 4 * KIB, [Buffer.alloc(4 * KIB, link)]);
    await close();
    if (link < links) leaf = (await createRedoLog({ parent: leaf, randomSuffix: true })).file;
  }
  return leaf;
}

async function openForWriting(file: string) {
  const session = await openDiskSession({ file, mode: 'persistent' });
  return { device: session.device, close: () => session.close() };
}
