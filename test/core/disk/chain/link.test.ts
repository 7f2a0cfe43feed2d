import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { Chain } from '../../../../core/disk/chain/chain.ts';
import { Link } from '../../../../core/disk/chain/link.ts';
import { hostFiles } from '../../../../core/disk/files/disk-file.ts';
import { HEADER_BYTES } from '../../../../core/disk/formats/cowd/header.ts';
import { patchHeader, readHeader } from '../../../../core/disk/formats/cowd/read-header.ts';
import { RedoubtError } from '../../../../core/base/redoubt-error.ts';
import { makeLink, openDevice } from '../../../support/test-chain.ts';
import { makeTempFolder } from '../../../support/temp-folder.ts';

function headerOf(path: string): ReturnType<typeof readHeader> {
  const file = hostFiles.open(path, false);
  try {
    return readHeader(file);
  } finally {
    file.close();
  }
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (!(error instanceof RedoubtError)) throw error;
    const { code } = error as RedoubtError;
    return error.is('disk.corrupt') ? `${code} ${error.details.field}` : code;
  }
  return 'none';
}

const ones = [new Uint8Array(4096).fill(1)];
const MIDDLE = 1024 * 512;

describe('a link', () => {
  it('[F1] is not touched by opening and reading', async () => {
    using folder = makeTempFolder();
    const disk = makeLink(folder, 'base', [1024, 1024]);
    const before = disk.files.map((file) => [statSync(file).ctimeMs, readFileSync(file)]);
    const device = openDevice([disk]);
    await device.read(0, new Uint8Array(4096));
    await device.close();
    expect(disk.files.map((file) => [statSync(file).ctimeMs, readFileSync(file)])).toEqual(before);
  });

  it('[F2] takes a new generation and content id with its first write, once', async () => {
    using folder = makeTempFolder();
    const disk = makeLink(folder, 'base', [1024, 1024]);
    const [first = '', second = ''] = disk.files;
    const before = headerOf(first);
    const device = openDevice([disk]);
    await device.write(0, ones);
    const during = headerOf(first);
    expect(during.isClean).toBe(false);
    expect(during.generation).toBeGreaterThan(before.generation);
    expect(during.record?.contentId).not.toBe(before.record?.contentId);
    expect(during.record?.linkId).toBe(before.record?.linkId);
    expect(headerOf(second).isClean).toBe(true);
    expect(headerOf(second).generation).toBe(before.generation);

    await device.write(MIDDLE, ones);
    expect(headerOf(second)).toMatchObject({
      isClean: false,
      generation: during.generation,
      record: { contentId: during.record?.contentId },
    });
    await device.close();
    for (const file of disk.files) {
      const after = headerOf(file);
      expect(after).toMatchObject({ isClean: true, generation: during.generation, savedGeneration: during.generation });
      expect(after.freeSector * 512).toBe(statSync(file).size);
    }
    expect(headerOf(first).record?.contentId).toBe(during.record?.contentId);
  });

  it('takes the values that a commit gives it', async () => {
    using folder = makeTempFolder();
    const disk = makeLink(folder, 'base', [1024]);
    const identity = { generation: 5000, contentId: 'e'.repeat(32), committing: 'f'.repeat(32) };
    const link = Link.open({ files: disk.files, isWritable: true, identity });
    link.beginWriting();
    expect(headerOf(disk.files[0] ?? '')).toMatchObject({
      isClean: false,
      generation: 5000,
      record: { contentId: identity.contentId, committing: identity.committing },
    });
    await link.finishClean();
    link.changeState('first', ({ record, ...state }) => {
      const { committing: _done, ...rest } = record ?? { contentId: '', linkId: '' };
      return { ...state, record: rest };
    });
    link.close();
    const after = headerOf(disk.files[0] ?? '');
    expect(after.isClean).toBe(true);
    expect(after.record?.committing).toBeUndefined();
  });

  it('[F6] that was not closed begins new grains at the end of its file, and ends clean', async () => {
    using folder = makeTempFolder();
    const disk = makeLink(folder, 'base', [4096]);
    const [file = ''] = disk.files;
    const lost = Link.open({ files: disk.files, isWritable: true });
    lost.beginWriting();
    lost.close();
    truncateSync(file, statSync(file).size + 1000);
    const length = statSync(file).size;
    const device = openDevice([disk]);
    expect(device.leaf.isClean).toBe(false);
    await device.write(0, ones);
    expect(statSync(file).size).toBeGreaterThanOrEqual(length + 4096);
    await device.close();
    expect(headerOf(file)).toMatchObject({ isClean: true, freeSector: statSync(file).size / 512 });
    expect(statSync(file).size % 8192).toBe((headerOf(file).freeSector * 512) % 8192);
  });

  it('[G2] whose file has reached its limit uses the space again that was lost, and never passes the limit', async () => {
    using folder = makeTempFolder();
    const disk = makeLink(folder, 'base', [4189248], { grainSectors: 8 });
    const [file = ''] = disk.files;
    const first = openDevice([disk]);
    await first.write(40960, ones);
    await first.flush();
    first.leaf.close();
    truncateSync(file, 2 ** 31 - 1);

    const device = openDevice([disk]);
    const twos = new Uint8Array(65536).fill(2);
    await device.write(1_000_000_000, [twos]);
    await device.writeZeroes(1_000_000_000, 4096);
    twos.fill(0, 0, 4096);
    const target = new Uint8Array(65536);
    await device.read(1_000_000_000, target);
    expect(Buffer.compare(target, twos)).toBe(0);
    await device.read(40960, target.subarray(0, 4096));
    expect(target[0]).toBe(1);
    await device.close();
    expect(statSync(file).size).toBeLessThanOrEqual(2 ** 31 - 1);

    const reopened = openDevice([disk], { isWritable: false });
    await reopened.read(1_000_000_000, target);
    expect(Buffer.compare(target, twos)).toBe(0);
    await reopened.close();
  });

  it('knows whether it is empty and gives its runs in the order of the file', async () => {
    using folder = makeTempFolder();
    const disk = makeLink(folder, 'base', [1024, 1024]);
    const device = openDevice([disk]);
    expect(device.leaf.isEmpty()).toBe(true);
    expect(device.leaf.allocatedBytes()).toBe(0);
    await device.write(65536, [new Uint8Array(16384).fill(1)]);
    await device.write(8192, ones);
    await device.write(MIDDLE + 8192, ones);
    expect(device.leaf.isEmpty()).toBe(false);
    expect(device.leaf.allocatedBytes()).toBe(4 * 8192);
    expect([...device.leaf.allocatedRuns()].map(({ offsetBytes, lengthBytes }) => [offsetBytes, lengthBytes])).toEqual([
      [65536, 16384],
      [8192, 8192],
      [MIDDLE + 8192, 8192],
    ]);
    await device.close();
  });

  it('of a nonpersistent session syncs nothing until it is to be kept', async () => {
    using folder = makeTempFolder();
    const disk = makeLink(folder, 'base', [1024]);
    let syncs = 0;
    const layer = {
      ...hostFiles,
      open: (path: string, isWritable: boolean) => {
        const file = hostFiles.open(path, isWritable);
        return Object.assign(Object.create(file) as typeof file, {
          sync: () => {
            syncs++;
            return file.sync();
          },
          syncNow: () => {
            syncs++;
            file.syncNow();
          },
        });
      },
    };
    const device = openDevice([disk], { isDurable: false, layer });
    await device.write(0, ones);
    await device.flush();
    expect(syncs).toBe(0);
    await device.leaf.makeDurable();
    expect(syncs).toBeGreaterThan(0);
    await device.close();
  });
});

describe('a link that does not hold together', () => {
  const setUp = (
    folder: ReturnType<typeof makeTempFolder>,
  ): { files: string[]; open: () => void; change: (part: number, patch: (bytes: DataView) => void) => void } => {
    const { files } = makeLink(folder, 'base', [1024, 1024, 512]);
    return {
      files,
      open: () => {
        Link.open({ files, isWritable: false }).close();
      },
      change: (part, patch) => {
        const path = files[part - 1] ?? '';
        const bytes = readFileSync(path);
        patch(new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES));
        writeFileSync(path, bytes);
      },
    };
  };

  it('[B1] is refused with the reason', () => {
    using folder = makeTempFolder();
    const good = setUp(folder);
    expect(codeOf(good.open)).toBe('none');
    expect(codeOf(() => Link.open({ files: good.files.slice(0, 2), isWritable: false }))).toBe('disk.segment-missing');
    expect(codeOf(() => Link.open({ files: [...good.files.slice(0, 2), folder.at('gone')], isWritable: false }))).toBe(
      'disk.segment-missing',
    );
    expect(codeOf(() => Link.open({ files: [good.files[1] ?? ''], isWritable: false }))).toBe('disk.segment-picked');
    expect(
      codeOf(() => Link.open({ files: [good.files[0], good.files[2], good.files[1]] as string[], isWritable: false })),
    ).toBe('disk.corrupt fileOrdinal');
  });

  it.each<[what: string, patch: (bytes: DataView) => void, code: string]>([
    [
      'a newer generation',
      (bytes) => {
        bytes.setUint32(1060, 4000, true);
      },
      'disk.corrupt generation',
    ],
    [
      'another link id',
      (bytes) => {
        bytes.setBigUint64(1124 + 'redoubt1 content= link='.length + 32, 0x3030303030303030n);
      },
      'disk.corrupt link',
    ],
    [
      'another version',
      (bytes) => {
        bytes.setUint32(4, 1, true);
      },
      'disk.corrupt version',
    ],
    [
      'no span',
      (bytes) => {
        bytes.setUint32(1676, 0xffffff, true);
      },
      'disk.corrupt numGDEntries',
    ],
  ])('is refused when a later segment has %s', (_what, patch, code) => {
    using folder = makeTempFolder();
    const disk = setUp(folder);
    disk.change(2, patch);
    expect(codeOf(disk.open)).toBe(code);
  });

  it('[B1] is refused when its tables point where no grain can be', async () => {
    using folder = makeTempFolder();
    for (const [sector, value] of [
      [5, 3],
      [5, 0x7fffffff],
      [4, 2],
      [4, 0x7fffffff],
    ] as const) {
      const { files } = makeLink(folder, `bad-${String(sector)}-${String(value)}`, [1024]);
      const bytes = readFileSync(files[0] ?? '');
      new DataView(bytes.buffer, bytes.byteOffset).setUint32(sector * 512, value, true);
      writeFileSync(files[0] ?? '', bytes);
      const device = openDevice([{ files, spansSectors: [1024] }]);
      expect(codeOf(() => device.read(0, new Uint8Array(512)))).toMatch(/^disk.corrupt grain/);
      await device.close();
    }
  });

  it('[P4] is refused over a parent of another size', () => {
    using folder = makeTempFolder();
    const base = makeLink(folder, 'base', [1024]);
    const redo = makeLink(folder, 'redo', [1032], { parent: base });
    const links = [redo, base].map(({ files }) => Link.open({ files, isWritable: false }));
    expect(codeOf(() => new Chain(links))).toBe('disk.capacity-mismatch');
    for (const link of links) link.close();
  });
});

describe('host files', () => {
  it('are regular files that may be written', () => {
    using folder = makeTempFolder();
    const {
      files: [file = ''],
    } = makeLink(folder, 'base', [1024]);
    mkdirSync(folder.at('folder'));
    execFileSync('mkfifo', [folder.at('pipe')]);
    linkSync(file, folder.at('second-name'));
    symlinkSync('nowhere', folder.at('dangling'));
    expect(codeOf(() => hostFiles.open(folder.at('folder'), false))).toBe('disk.not-a-disk');
    expect(codeOf(() => hostFiles.open(folder.at('pipe'), false))).toBe('disk.not-a-disk');
    expect(codeOf(() => hostFiles.open(folder.at('gone'), false))).toBe('disk.not-found');
    expect(codeOf(() => hostFiles.open(folder.at('dangling'), false))).toBe('disk.not-found');
    expect(codeOf(() => hostFiles.open(file, true))).toBe('disk.unsupported');
    expect(codeOf(() => hostFiles.create(file))).toBe('disk.exists');
  });

  it('[S5] without a write bit are read-only, whoever asks', () => {
    using folder = makeTempFolder();
    const {
      files: [file = ''],
    } = makeLink(folder, 'base', [1024]);
    chmodSync(file, 0o444);
    expect(codeOf(() => hostFiles.open(file, true))).toMatch(/^disk\.(read-only|permission)$/);
    const reader = hostFiles.open(file, false);
    expect(reader.isProtected).toBe(true);
    reader.close();
  });

  it('keep what a header patch does not change', () => {
    using folder = makeTempFolder();
    const {
      files: [path = ''],
    } = makeLink(folder, 'base', [1024]);
    const before = readFileSync(path);
    const file = hostFiles.open(path, true);
    patchHeader(file, (header) => ({ ...header, generation: header.generation + 1 }));
    file.close();
    const after = readFileSync(path);
    expect([...after.keys()].filter((at) => after[at] !== before[at])).toEqual([1060]);
  });
});
