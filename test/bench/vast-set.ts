import { execFile } from 'node:child_process';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GIB, KIB } from '../../core/base/units.ts';
import { Link } from '../../core/disk/chain/link.ts';
import { createBase } from '../../core/disk/create/create-base.ts';
import { createRedoLog } from '../../core/disk/create/create-redo-log.ts';
import { touchAll } from './measure.ts';
import { serveOurs, serveQcow2, type NbdServerProcess } from './nbd-servers.ts';
import { SeededRandom } from './random.ts';

const run = promisify(execFile);
const unitBytes = 64 * KIB;
const unitsBetweenFlushes = 65_536;

/** A disk so large that its tables matter, in both servers. Every unit of it is allocated in one of the links, and all data are holes. */
export interface VastSet {
  readonly sizeBytes: number;
  readonly ours: NbdServerProcess;
  readonly peer: NbdServerProcess;
}

/** Makes the disk of 256 GiB (quick: 16) with `depth` links in our format and in qcow2, and serves both. */
export async function serveVastSet(
  folder: string,
  depth: number,
  isQuick: boolean,
): Promise<{ value: VastSet; close: () => Promise<void> }> {
  const sizeBytes = (isQuick ? 16 : 256) * GIB;
  const random = new SeededRandom(99);
  const linkOfUnit = Uint8Array.from({ length: sizeBytes / unitBytes }, () => random.below(depth));
  const ours = await serveOurs(join(folder, 'ours.sock'), await makeOurs(folder, sizeBytes, depth, linkOfUnit));
  const peer = await serveQcow2(join(folder, 'peer.sock'), await makeQcow2(folder, sizeBytes, depth, linkOfUnit));
  for (const server of [ours, peer]) await touchAll(server, sizeBytes);
  return {
    value: { sizeBytes, ours, peer },
    close: async () => {
      await ours.stop();
      await peer.stop();
    },
  };
}

async function makeOurs(folder: string, sizeBytes: number, depth: number, linkOfUnit: Uint8Array): Promise<string> {
  let leaf = join(folder, 'disk.vmdk');
  for (let link = 0; link < depth; link++) {
    if (link === 0) await createBase({ file: leaf, capacityBytes: sizeBytes, split: false, bus: 'ide' });
    else leaf = (await createRedoLog({ parent: leaf, randomSuffix: true })).file;
    await allocate(leaf, linkOfUnit, link);
  }
  return leaf;
}

/** Allocates a link's units as holes: what a device would not do, because it allocates nothing for zeros. */
async function allocate(file: string, linkOfUnit: Uint8Array, wanted: number): Promise<void> {
  const link = Link.open({ files: [file], isWritable: true });
  try {
    const [extent] = link.extents;
    if (extent === undefined) throw new Error('a link has an extent');
    link.beginWriting(extent);
    const grainsPerUnit = unitBytes / extent.grainBytes;
    for (let unit = 0, sinceFlush = 0; unit < linkOfUnit.length; unit++) {
      if (linkOfUnit[unit] !== wanted) continue;
      for (let grain = unit * grainsPerUnit; grain < (unit + 1) * grainsPerUnit;) {
        const row = extent.findRow(grain, (unit + 1) * grainsPerUnit - grain);
        extent.extendOver(row);
        extent.enter(grain, row);
        grain += row.grains;
      }
      if (++sinceFlush % unitsBetweenFlushes === 0) await link.flush();
    }
    await link.finishClean();
  } finally {
    link.close();
  }
}

/** Every file is made with all clusters allocated; then each loses those that belong to another link. */
async function makeQcow2(folder: string, sizeBytes: number, depth: number, linkOfUnit: Uint8Array): Promise<string> {
  let below: string | undefined;
  for (let link = 0; link < depth; link++) {
    const file = join(folder, `disk-${String(link)}.qcow2`);
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', 'preallocation=metadata', file, String(sizeBytes)]);
    keepOwnClusters(file, linkOfUnit, link);
    if (below !== undefined) await run('qemu-img', ['rebase', '-u', '-f', 'qcow2', '-F', 'qcow2', '-b', below, file]);
    below = file;
  }
  return below ?? '';
}

/** Clears the second-level entries of other links' clusters. Layout: qcow2 specification, "Header" and "Cluster mapping". */
function keepOwnClusters(file: string, linkOfUnit: Uint8Array, own: number): void {
  const descriptor = openSync(file, 'r+');
  try {
    const header = readAt(descriptor, 0, 72);
    const tableBytes = 1 << header.readUInt32BE(20);
    const first = readAt(descriptor, Number(header.readBigUInt64BE(40)), header.readUInt32BE(36) * 8);
    for (let at = 0, unit = 0; at < first.length && unit < linkOfUnit.length; at += 8) {
      const offset = Number(first.readBigUInt64BE(at) & 0x00ff_ffff_ffff_fe00n);
      const table = readAt(descriptor, offset, tableBytes);
      for (let entry = 0; entry < tableBytes && unit < linkOfUnit.length; entry += 8, unit++) {
        if (linkOfUnit[unit] !== own) table.fill(0, entry, entry + 8);
      }
      writeSync(descriptor, table, 0, table.length, offset);
    }
  } finally {
    closeSync(descriptor);
  }
}

function readAt(descriptor: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  readSync(descriptor, bytes, 0, length, offset);
  return bytes;
}
