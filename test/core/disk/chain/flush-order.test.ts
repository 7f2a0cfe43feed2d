import { describe, expect, it } from 'vitest';
import { RedoubtError } from '../../../../core/base/redoubt-error.ts';
import { CrashingFiles } from '../../../support/crashing-files.ts';
import { makeLink, openDevice } from '../../../support/test-chain.ts';

/** A base of one segment whose first table begins at sector 5 and whose grains begin at byte 20480. */
function setUp(): { files: CrashingFiles; log: () => string[]; open: () => ReturnType<typeof openDevice> } {
  const files = new CrashingFiles();
  const base = makeLink(files, 'base', [4096], { layer: files });
  files.events.length = 0;
  const part = (offsetBytes = 0): string => {
    if (offsetBytes < 2048) return `header ${String(offsetBytes)}`;
    if (offsetBytes < 5 * 512) return 'directory';
    return offsetBytes < 20480 ? 'table' : 'data';
  };
  return {
    files,
    open: () => openDevice([base], { layer: files }),
    log: () => files.events.splice(0).map((event) => (event.does === 'write' ? part(event.offsetBytes) : event.does)),
  };
}

const ones = [new Uint8Array(8192).fill(1)];
const synced = ['sync-begins', 'sync-ends'];

describe('the order in which a link is written', () => {
  it('[F2] clears CLEAN and raises the generation, each synced, before the first byte of data', async () => {
    const { open, log } = setUp();
    const device = open();
    expect(log()).toEqual([]);
    await device.write(0, ones);
    expect(log()).toEqual(['header 0', ...synced, 'header 1024', ...synced, 'table', 'data']);
    await device.write(8192, ones);
    expect(log()).toEqual(['data']);
    await device.close();
  });

  it('[F3] syncs data before it writes the entries that point to it, and syncs those', async () => {
    const { open, log } = setUp();
    const device = open();
    await device.write(0, ones);
    log();
    await device.flush();
    expect(log()).toEqual([...synced, 'table', ...synced]);
    await device.write(0, ones);
    await device.flush();
    expect(log()).toEqual(['data', ...synced]);
    await device.flush();
    expect(log()).toEqual([]);
    await device.close();
  });

  it('[F3] leaves what is allocated during a flush to the next one', async () => {
    const { open, log } = setUp();
    const device = open();
    await device.write(0, ones);
    log();
    const first = device.flush();
    await device.write(8192, ones);
    const second = device.flush();
    const third = device.flush();
    await Promise.all([first, second, third]);
    expect(log()).toEqual(['sync-begins', 'data', 'sync-ends', 'table', ...synced, ...synced, 'table', ...synced]);
    await device.close();
  });

  it('[F2] sets CLEAN last, when all else is synced', async () => {
    const { open, log } = setUp();
    const device = open();
    await device.write(0, ones);
    log();
    await device.close();
    expect(log()).toEqual([...synced, 'table', ...synced, 'header 0', 'header 1536', ...synced, 'header 0', ...synced]);
  });

  it('[F1] writes nothing at all where nothing was written', async () => {
    const { open, log } = setUp();
    const device = open();
    await device.read(0, new Uint8Array(65536));
    await device.writeZeroes(0, 65536);
    await device.flush();
    await device.close();
    expect(log()).toEqual([]);
  });
});

describe('a link that the host fails', () => {
  const full = (): never => {
    throw new RedoubtError('disk.no-space', 'full', { file: 'base' });
  };
  const broken = (): never => {
    throw new RedoubtError('disk.io', 'broken', { file: 'base', operation: 'sync', errno: 'EIO' });
  };
  const code = async (act: () => unknown): Promise<string> => {
    try {
      await act();
    } catch (error) {
      return error instanceof RedoubtError ? (error as RedoubtError).code : String(error);
    }
    return 'none';
  };

  it('[F5] takes a write again after there was no room for it', async () => {
    const { files, open } = setUp();
    const device = open();
    await device.write(0, ones);
    files.fault = (event) => {
      if (event.does === 'write') full();
    };
    expect(await code(() => device.write(8192, ones))).toBe('disk.no-space');
    files.fault = () => undefined;
    const target = new Uint8Array(8192);
    await device.read(8192, target);
    expect(target.every((byte) => byte === 0)).toBe(true);
    await device.write(8192, ones);
    await device.read(8192, target);
    expect(target.every((byte) => byte === 1)).toBe(true);
    await device.close();
  });

  it('[F5] takes a flush again after there was no room for the metadata', async () => {
    const { files, open, log } = setUp();
    const device = open();
    await device.write(0, ones);
    files.fault = (event) => {
      if (event.does === 'write') full();
    };
    expect(await code(() => device.flush())).toBe('disk.no-space');
    files.fault = () => undefined;
    log();
    await device.flush();
    expect(log()).toEqual([...synced, 'table', ...synced]);
    await device.close();
  });

  it('[F5] is failed for good when a sync fails', async () => {
    const { files, open } = setUp();
    const device = open();
    await device.write(0, ones);
    files.fault = (event) => {
      if (event.does === 'sync-begins') broken();
    };
    expect(await code(() => device.flush())).toBe('disk.io');
    files.fault = () => undefined;
    expect(await code(() => device.flush())).toBe('disk.io');
    expect(await code(() => device.read(0, new Uint8Array(512)))).toBe('disk.io');
    expect(await code(() => device.write(0, ones))).toBe('disk.io');
    expect(await code(() => device.close())).toBe('disk.io');
    const again = open();
    const target = new Uint8Array(512);
    await again.read(0, target);
    await again.close();
  });

  it.each([
    ['nothing', false],
    ['a grain', true],
  ])('[F5] answers no flush that waited while a sync failed, with %s left to sync', async (_what, isMore) => {
    const { files, open, log } = setUp();
    const device = open();
    await device.write(0, ones);
    log();
    let syncs = 0;
    files.fault = (event) => {
      if (event.does === 'sync-begins' && ++syncs === 1) broken();
    };
    const first = code(() => device.flush());
    if (isMore) await device.write(8192, ones);
    const waiting = code(() => device.flush());
    expect(await Promise.all([first, waiting])).toEqual(['disk.io', 'disk.io']);
    // No entry points to what may be lost.
    expect(log()).toEqual(isMore ? ['sync-begins', 'data'] : ['sync-begins']);
    expect(await code(() => device.close())).toBe('disk.io');
  });
});
