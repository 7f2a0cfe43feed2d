import { describe, expect, it } from 'vitest';
import { RedoubtError } from '../../../../core/base/redoubt-error.ts';
import { Chain } from '../../../../core/disk/chain/chain.ts';
import { Link, type LinkRequest } from '../../../../core/disk/chain/link.ts';
import type { CowdHeader } from '../../../../core/disk/formats/cowd/header.ts';
import { patchHeader, readHeader } from '../../../../core/disk/formats/cowd/read-header.ts';
import { SessionDevice } from '../../../../core/disk/session/session-device.ts';
import { CrashingFiles } from '../../../support/crashing-files.ts';
import { makeLink } from '../../../support/test-chain.ts';

const ones = [new Uint8Array(4096).fill(1)];
const MIDDLE = 1024 * 512;

function makeDisk(layer: CrashingFiles): string[] {
  return makeLink(layer, 'base', [1024, 1024], { layer }).files;
}

function openDisk(layer: CrashingFiles, files: string[], request: Partial<LinkRequest> = {}): SessionDevice {
  return new SessionDevice(new Chain([Link.open({ files, isWritable: true, layer, ...request })]));
}

function change(layer: CrashingFiles, file: string, edit: (header: CowdHeader) => CowdHeader): void {
  patchHeader(layer.open(file, true), edit);
}

const headers = (layer: CrashingFiles, files: string[]) => files.map((file) => readHeader(layer.open(file, false)));

const noRoom = (file: string) => new RedoubtError('disk.no-space', 'No room.', { file });
const ioError = (file: string) => new RedoubtError('disk.io', 'Broken.', { file, operation: 'write', errno: 'EIO' });

describe('the first write of a link', () => {
  it.each([1, 2, 3, 4])(
    '[F7] whose header write %i finds no room is tried again with all that belongs to it',
    async (failing) => {
      const layer = new CrashingFiles();
      const files = makeDisk(layer);
      const before = headers(layer, files);
      const device = openDisk(layer, files);
      let writes = 0;
      layer.fault = ({ does, file, offsetBytes = 0 }) => {
        if (does === 'write' && offsetBytes < 2048 && ++writes === failing) throw noRoom(file);
      };
      const write = async () => {
        await device.write(0, ones);
        await device.write(MIDDLE, ones);
      };
      await expect(write()).rejects.toMatchObject({ code: 'disk.no-space' });
      await write();
      const during = headers(layer, files);
      expect(during.map(({ isClean }) => isClean)).toEqual([false, false]);
      expect(during[0]?.record?.contentId).not.toBe(before[0]?.record?.contentId);
      expect(during[1]?.record?.contentId).toBe(during[0]?.record?.contentId);
      expect(during[1]?.generation).toBe(during[0]?.generation);
      await device.close();
    },
  );

  it('[F5] is the last where the header can’t be synced', async () => {
    const layer = new CrashingFiles();
    const files = makeDisk(layer);
    const device = openDisk(layer, files);
    let syncs = 0;
    layer.fault = ({ does, file }) => {
      if (does === 'sync-ends' && ++syncs === 2) throw ioError(file);
    };
    await expect((async () => device.write(0, ones))()).rejects.toMatchObject({ code: 'disk.io' });
    await expect((async () => device.write(0, ones))()).rejects.toMatchObject({ code: 'disk.io' });
    await device.close().catch(() => undefined);
  });

  it('[L3] is not made, and nothing is closed clean, by who has lost his lock', async () => {
    const layer = new CrashingFiles();
    const files = makeDisk(layer);
    let isLost = true;
    const checkRight = () => {
      if (isLost) throw ioError(files[0] ?? '');
    };
    const before = layer.events.length;
    const early = openDisk(layer, files, { checkRight });
    await expect((async () => early.write(0, ones))()).rejects.toMatchObject({ code: 'disk.io' });
    await early.close().catch(() => undefined);
    expect(layer.events.slice(before)).toEqual([]);

    isLost = false;
    const late = openDisk(layer, files, { checkRight });
    await late.write(0, ones);
    await late.flush();
    isLost = true;
    const written = layer.events.length;
    await expect(late.close()).rejects.toMatchObject({ code: 'disk.io' });
    expect(layer.events.slice(written).filter(({ does }) => does === 'write')).toEqual([]);
  });
});

describe('the greatest generation', () => {
  const last = 0xffff_ffff;

  it('[P3] stays where it is, and the content id tells', async () => {
    const layer = new CrashingFiles();
    const files = makeDisk(layer);
    for (const file of files) change(layer, file, (header) => ({ ...header, generation: last }));
    const [before] = headers(layer, files);
    const device = openDisk(layer, files);
    await device.write(0, ones);
    await device.close();
    const [after] = headers(layer, files);
    expect(after?.generation).toBe(last);
    expect(after?.record?.contentId).not.toBe(before?.record?.contentId);
  });

  it('[P3] of a file without ids is not written over, because nobody could tell', () => {
    const layer = new CrashingFiles();
    const files = makeDisk(layer);
    for (const file of files)
      change(layer, file, ({ record: _, ...header }) => ({ ...header, description: '', generation: last }));
    expect(() => Link.open({ files, isWritable: true, layer })).toThrow(
      expect.objectContaining({ code: 'disk.unsupported' }),
    );
    Link.open({ files, isWritable: false, layer }).close();
  });
});
