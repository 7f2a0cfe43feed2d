import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createBase } from '../../core/disk/create/create-base.ts';
import { createRedoLog } from '../../core/disk/create/create-redo-log.ts';
import { openDiskSession } from '../../core/disk/session/session.ts';
import { KIB } from '../../core/base/units.ts';
import { dropCache } from './page-cache.ts';
import { SeededRandom } from './random.ts';

const run = promisify(execFile);

/** qcow2's default cluster, so that neither side has to fill a unit from below. */
const unitBytes = 64 * KIB;

/** The same disk twice: in a chain of ours, and in a qcow2 chain of the same depth. */
export interface DataSet {
  readonly depth: number;
  readonly sizeBytes: number;
  /** The half of the disk from its beginning in which everything was written; behind it nothing was. */
  readonly writtenBytes: number;
  /** First file of our leaf. */
  readonly redoubt: string;
  readonly qcow2: string;
  /** All files of each. */
  readonly redoubtFiles: readonly string[];
  readonly qcow2Files: readonly string[];
}

/**
 * Makes a disk of which half is allocated, in units of 64 KiB that are spread evenly over `depth` links by
 * a fixed seed: a base and `depth − 1` redo logs, and the same with qcow2 files of default options.
 *
 * The half is the lower one, so that a row can read data only, as guests do: what nobody has written is answered
 * with zeros and without any I/O, and would measure little else than the client.
 */
export async function makeDataSet(folder: string, depth: number, sizeBytes: number): Promise<DataSet> {
  mkdirSync(folder, { recursive: true });
  const unitsOfLink: number[][] = Array.from({ length: depth }, () => []);
  const random = new SeededRandom(20_240_117);
  const writtenBytes = sizeBytes / 2;
  for (let unit = 0; unit < writtenBytes / unitBytes; unit++) unitsOfLink[random.below(depth)]?.push(unit);
  const redoubt = await makeOurs(folder, sizeBytes, unitsOfLink);
  const qcow2 = await makeQcow2(folder, sizeBytes, unitsOfLink);
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(folder, entry.name));
  const redoubtFiles = files.filter((file) => file.includes('.vmdk') && !file.endsWith('.children'));
  // So that all files come into the page cache in one way, by reading, and not some as they were written.
  dropCache(files);
  return {
    depth,
    sizeBytes,
    writtenBytes,
    redoubt,
    qcow2,
    redoubtFiles,
    qcow2Files: files.filter((file) => file.endsWith('.qcow2')),
  };
}

async function makeOurs(
  folder: string,
  sizeBytes: number,
  unitsOfLink: readonly (readonly number[])[],
): Promise<string> {
  let leaf = join(folder, 'disk.vmdk');
  for (const [link, units] of unitsOfLink.entries()) {
    if (link === 0) await createBase({ file: leaf, capacityBytes: sizeBytes, split: true, bus: 'ide' });
    else leaf = (await createRedoLog({ parent: leaf, randomSuffix: true })).file;
    const session = await openDiskSession({ file: leaf, mode: 'persistent' });
    try {
      for (const unit of units)
        await session.device.write(unit * unitBytes, [Buffer.alloc(unitBytes, patternOf(unit, link))]);
    } finally {
      await session.close();
    }
  }
  return leaf;
}

async function makeQcow2(
  folder: string,
  sizeBytes: number,
  unitsOfLink: readonly (readonly number[])[],
): Promise<string> {
  let leaf = '';
  for (const [link, units] of unitsOfLink.entries()) {
    const file = join(folder, `disk-${String(link)}.qcow2`);
    const backing = link === 0 ? [String(sizeBytes)] : [];
    await run('qemu-img', [
      'create',
      '-q',
      '-f',
      'qcow2',
      ...(link === 0 ? [] : ['-b', leaf, '-F', 'qcow2']),
      file,
      ...backing,
    ]);
    leaf = file;
    const commands = units.map(
      (unit) => `write -P ${String(patternOf(unit, link))} ${String(unit * unitBytes)} ${String(unitBytes)}\n`,
    );
    await qemuIo(file, commands);
  }
  return leaf;
}

/** Never 0, so that a unit that is read from the wrong link, or from none, shows. */
function patternOf(unit: number, link: number): number {
  return ((unit * 7 + link * 13) % 251) + 1;
}

/** Runs qemu-io commands, each with its line end, on a qcow2 image. */
export async function qemuIo(file: string, commands: readonly string[]): Promise<void> {
  const child = spawn('qemu-io', ['-f', 'qcow2', file], { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(`${commands.join('')}quit\n`);
  const status = await new Promise((resolve, reject) => {
    child.on('exit', resolve);
    child.on('error', reject);
  });
  if (status !== 0) throw new Error(`qemu-io ended with status ${String(status)}`);
}
