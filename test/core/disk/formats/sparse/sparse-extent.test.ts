import { describe, expect, it } from 'vitest';
import { Link } from '../../../../../core/disk/chain/link.ts';
import { vmdkStructures } from '../../../../../core/disk/check/vmdk-file.ts';
import { createVmdkFiles } from '../../../../../core/disk/create/create-vmdk.ts';
import { readVmdk4Header } from '../../../../../core/disk/formats/vmdk4/read-vmdk4-header.ts';
import { RedoubtError } from '../../../../../core/base/redoubt-error.ts';
import type { SessionDevice } from '../../../../../core/disk/session/session-device.ts';
import { CrashingFiles, type FileEvent } from '../../../../support/crashing-files.ts';
import { SeededRandom } from '../../../../support/seeded-random.ts';
import { makeLink, openDevice, type TestDisk } from '../../../../support/test-chain.ts';

const grain = 8192;
const span = 4096;
/** One segment's header and directory; its table, of 32 sectors, follows, then its grains. */
const directoryByte = 2048;
const tableByte = 5 * 512;

function filled(length: number, value: number): Uint8Array[] {
  return [new Uint8Array(length).fill(value)];
}

async function valueAt(device: SessionDevice, offset: number): Promise<number> {
  const bytes = new Uint8Array(1);
  await device.read(offset, bytes);
  return bytes[0] as number;
}

function noRoom(matches: (event: FileEvent) => boolean): (event: FileEvent) => void {
  return (event) => {
    if (event.does === 'write' && matches(event)) throw new RedoubtError('disk.no-space', 'full', { file: event.file });
  };
}

async function codeOf(act: () => unknown): Promise<string> {
  try {
    await act();
    return 'none';
  } catch (error) {
    return error instanceof RedoubtError ? (error as RedoubtError).code : String(error);
  }
}

function make(spans: readonly number[] = [span]): { files: CrashingFiles; disk: TestDisk; path: string } {
  const files = new CrashingFiles();
  const disk = makeLink(files, 'base', spans, { layer: files });
  return { files, disk, path: disk.files[0] as string };
}

describe('a file that gets a table', () => {
  it('[F5] takes no room for one that could not be written', async () => {
    const { files, disk, path } = make();
    files.open(path, true).write(directoryByte, [new Uint8Array(4)]);
    const before = files.open(path, false).lengthBytes();
    const device = openDevice([disk], { layer: files });
    files.fault = noRoom(({ offsetBytes = 0 }) => offsetBytes >= before);
    for (let attempt = 0; attempt < 5; attempt++)
      expect(await codeOf(() => device.write(0, filled(grain, 1)))).toBe('disk.no-space');
    files.fault = () => undefined;
    await device.write(0, filled(grain, 1));
    await device.close();
    // The table, and a grain behind it.
    expect(files.open(path, false).lengthBytes() - before).toBeLessThanOrEqual(32 * 512 + 2 * grain);
  });
});

describe('freed space', () => {
  it('[T3] is used again though the flush that cleared it had no room in another file', async () => {
    const { files, disk } = make([span, span]);
    const [first, second] = disk.files as [string, string];
    const device = openDevice([disk], { layer: files });
    const middle = span * 512;
    await device.write(0, filled(4 * grain, 1));
    await device.write(middle, filled(4 * grain, 2));
    await device.flush();
    await device.discard(0, 4 * grain);
    await device.write(middle + 8 * grain, filled(grain, 3));
    files.fault = noRoom(({ file }) => file === second);
    expect(await codeOf(() => device.flush())).toBe('disk.no-space');
    files.fault = () => undefined;
    await device.flush();
    const before = files.open(first, false).lengthBytes();
    await device.write(10 * grain, filled(4 * grain, 4));
    expect(files.open(first, false).lengthBytes()).toBe(before);
    expect(device.leaf.first.compaction?.()).toBeDefined();
    await device.close();
  });

  it('[T6] is not used again where another entry names it', async () => {
    const { files, disk, path } = make();
    const writer = openDevice([disk], { layer: files });
    await writer.write(0, filled(6 * grain, 7));
    await writer.close();
    // Grain 40 lies where grain 1 does.
    const entry = new Uint8Array(4);
    files.open(path, false).read(tableByte + 4, entry);
    files.open(path, true).write(tableByte + 4 * 40, [entry]);
    for (const trimmed of [1, 40]) {
      const device = openDevice([disk], { layer: files });
      await device.discard(trimmed * grain, grain);
      await device.flush();
      for (let at = 100; at < 104; at++) await device.write(at * grain, filled(grain, 9));
      await device.flush();
      expect(await valueAt(device, (41 - trimmed) * grain)).toBe(trimmed === 1 ? 7 : 0);
      await device.close();
    }
  });

  it('[T6] is nobody’s once both of two entries for it are freed, and it is still not used twice', async () => {
    const { files, disk, path } = make();
    const writer = openDevice([disk], { layer: files });
    await writer.write(0, filled(6 * grain, 7));
    await writer.close();
    const entry = new Uint8Array(4);
    files.open(path, false).read(tableByte + 4, entry);
    files.open(path, true).write(tableByte + 4 * 40, [entry]);
    const device = openDevice([disk], { layer: files });
    await device.discard(grain, grain);
    await device.discard(40 * grain, grain);
    await device.flush();
    for (let at = 100; at < 104; at++) await device.write(at * grain, filled(grain, at));
    await device.flush();
    for (let at = 100; at < 104; at++) expect(await valueAt(device, at * grain)).toBe(at);
    await device.close();
  });
});

describe('a file that was found unclean', () => {
  const makers: Record<string, (files: CrashingFiles) => { files: string[]; part: string; table: number }> = {
    'of COWD': (files) => {
      const { files: all } = makeLink(files, 'base', [span], { layer: files });
      return { files: all, part: all[0] as string, table: tableByte };
    },
    'of a split VMDK': (files) => {
      const all = ['/memory/disk.vmdk', '/memory/disk-s001.vmdk'];
      createVmdkFiles(files, { files: all, spansBytes: [span * 512] }, 'ide');
      const file = files.open(all[1] as string, false);
      const [sector = 0] = vmdkStructures(file, readVmdk4Header(file))?.first.directory ?? [];
      return { files: all, part: all[1] as string, table: sector * 512 };
    },
  };
  it.each(Object.keys(makers))('[T3] %s has on the device what was found in it before its space is used', (kind) => {
    for (let seed = 1; seed <= 10; seed++) {
      const layer = new CrashingFiles();
      const { files, part, table } = (makers[kind] as (typeof makers)[string])(layer);
      const open = () => {
        const link = Link.open({ files, isWritable: true, layer, identity: 'keep' });
        link.beginWriting();
        return link;
      };
      const killed = open();
      // Its last flush came as far as the host's memory: a grain, and its entry.
      const file = layer.open(part, true);
      const place = Math.ceil(file.lengthBytes() / grain) * (grain / 512);
      file.write(place * 512, filled(grain, 7));
      file.write(table, [new Uint8Array(new Uint32Array([place]).buffer)]);
      killed.close();
      open();
      layer.crash(new SeededRandom(seed));
      const after = new Uint32Array(1);
      layer.open(part, false).read(table, new Uint8Array(after.buffer));
      expect(after[0]).toBe(place);
    }
  });
});
