import { describe, expect, it } from 'vitest';
import { MIB } from '../../../../core/base/units.ts';
import { Chain } from '../../../../core/disk/chain/chain.ts';
import { Link } from '../../../../core/disk/chain/link.ts';
import { createVmdkFiles, planVmdkFiles } from '../../../../core/disk/create/create-vmdk.ts';
import type { FileLayer } from '../../../../core/disk/files/disk-file.ts';
import { formatNamed } from '../../../../core/disk/formats/open-format.ts';
import type { LinkFormat } from '../../../../core/disk/formats/link-state.ts';
import { readSidecar } from '../../../../core/disk/formats/sidecar.ts';
import { SessionDevice } from '../../../../core/disk/session/session-device.ts';
import { CrashingFiles } from '../../../support/crashing-files.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const sizeBytes = 2 * MIB;

interface Kind {
  readonly format: LinkFormat;
  make(layer: FileLayer, at: (name: string) => string): string[];
}

const kinds: Readonly<Record<string, Kind>> = {
  'VMDK 4': {
    format: 'vmdk',
    make: (layer, at) => {
      const plan = planVmdkFiles(at('disk.vmdk'), sizeBytes, true);
      createVmdkFiles(layer, plan, 'ide');
      return [...plan.files];
    },
  },
  'VMDK 4 with a short CID': {
    format: 'vmdk',
    make: (layer, at) => {
      createVmdkFiles(layer, planVmdkFiles(at('disk.vmdk'), sizeBytes, true), 'ide');
      const file = layer.open(at('disk.vmdk'), true);
      const room = Buffer.alloc(20 * 512);
      file.read(512, room);
      const text = room
        .toString('latin1')
        .replace(/\nCID=[0-9a-f]{8}\n(.*)\0{5}$/s, '\nCID=abc\n$1\0\0\0\0\0\0\0\0\0\0');
      file.write(512, [Buffer.from(text, 'latin1')]);
      file.syncNow();
      return [at('disk.vmdk')];
    },
  },
  flat: { format: 'flat', make: (layer, at) => makeFlat(layer, at, 'CID=00000007') },
  'flat with a short CID': { format: 'flat', make: (layer, at) => makeFlat(layer, at, 'CID=7') },
  'flat with a short CID and a long descriptor': {
    format: 'flat',
    make: (layer, at) => makeFlat(layer, at, 'CID=7', `# Extent description\n${'# and more\n'.repeat(80)}`),
  },
  raw: {
    format: 'raw',
    make: (layer, at) => {
      put(layer, at('disk'), new Uint8Array(sizeBytes));
      return [at('disk')];
    },
  },
};

function makeFlat(layer: FileLayer, at: (name: string) => string, cid: string, comments = ''): string[] {
  const sectors = String(sizeBytes / 512);
  const head = `# Disk DescriptorFile\n${cid}\nparentCID=ffffffff\ncreateType="monolithicFlat"\n`;
  put(layer, at('disk-flat.vmdk'), new Uint8Array(sizeBytes));
  put(layer, at('disk.vmdk'), Buffer.from(`${head}${comments}RW ${sectors} FLAT "disk-flat.vmdk" 0\n`));
  return [at('disk.vmdk'), at('disk-flat.vmdk')];
}

function put(layer: FileLayer, path: string, bytes: Uint8Array): void {
  const file = layer.create(path);
  file.write(0, [bytes]);
  file.syncNow();
  file.close();
}

function make(kind: Kind, layer: CrashingFiles): string[] {
  const files = kind.make(layer, (name) => layer.at(name));
  formatNamed(kind.format).keepRecord?.(layer, files);
  return files;
}

function open(kind: Kind, layer: FileLayer, files: string[], isWritable: boolean): Link {
  return Link.open({ files, format: kind.format, isWritable, layer });
}

async function contentOf(link: Link): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes);
  await new SessionDevice(new Chain([link])).read(0, bytes);
  return bytes;
}

const first = new Uint8Array(100_000).fill(1);
const second = new Uint8Array(70_000).fill(2);

describe.each(Object.entries(kinds))('the books of %s', (_name, kind) => {
  it('[X5] have a record after it was asked for, and the disk is as it was', () => {
    const layer = new CrashingFiles();
    const files = kind.make(layer, (name) => layer.at(name));
    const before = open(kind, layer, files, false);
    expect(before.state.record).toBeUndefined();
    const begun = layer.events.length;
    formatNamed(kind.format).keepRecord?.(layer, files);
    const written = layer.events.slice(begun).map(({ file }) => file);
    expect(written.filter((file) => files.includes(file))).toEqual([]);
    const after = open(kind, layer, files, false);
    expect(after.state.record?.linkId).toMatch(/^[0-9a-f]{32}$/);
    if (before.state.cid !== undefined)
      expect(parseInt((after.state.record?.contentId ?? '').slice(0, 8), 16)).toBe(before.state.cid);
  });

  it('[X5] change the content id before the first byte, once a session', async () => {
    const layer = new CrashingFiles();
    const files = make(kind, layer);
    const old = open(kind, layer, files, false).state;
    const link = open(kind, layer, files, true);
    const device = new SessionDevice(new Chain([link]));
    const dataFile = files.at(-1);
    const begun = layer.events.length;
    await device.write(MIB, [first]);
    const data = layer.events.findIndex(
      ({ file, does, lengthBytes = 0 }, index) =>
        index >= begun && file === dataFile && does === 'write' && lengthBytes >= 65_536,
    );
    const changes = layer.events.slice(begun, data).filter(({ does }) => does === 'sync-ends');
    expect(changes.length).toBeGreaterThan(0);
    const { contentId, linkId } = link.state.record ?? {};
    expect(contentId).not.toBe(old.record?.contentId);
    expect(linkId).toBe(old.record?.linkId);
    expect(link.state.generation).toBeGreaterThan(old.generation);
    await device.write(0, [second]);
    expect(link.state.record?.contentId).toBe(contentId);
    await device.close();
    const reopened = open(kind, layer, files, false);
    expect(reopened.state).toMatchObject({ isClean: true, record: { contentId, linkId } });
    expect(readSidecar(layer, files[0] ?? '')?.samples === undefined).toBe(kind.format === 'vmdk');
  });

  it('[F4] after a loss of power at any moment the content id is the old one only with the old content', async () => {
    let rounds = 0;
    for (let nth = 1; ; nth++, rounds++) {
      const layer = new CrashingFiles();
      const files = make(kind, layer);
      const old = open(kind, layer, files, false).state.record?.contentId;
      const random = new SeededRandom(nth);
      let countdown = nth;
      layer.fault = () => {
        if (--countdown === 0) throw new Error('power fails');
      };
      let isFlushed = false;
      let isDone = false;
      try {
        const device = new SessionDevice(new Chain([open(kind, layer, files, true)]));
        await device.write(MIB, [first]);
        await device.flush();
        isFlushed = true;
        await device.write(0, [second]);
        await device.close();
        isDone = true;
      } catch {
        // As was meant.
      }
      layer.fault = () => undefined;
      layer.crash(random);
      const link = open(kind, layer, files, false);
      const found = await contentOf(link);
      const { record } = link.state;
      // Nothing looks as if somebody else had written.
      expect(record).toBeDefined();
      if (record?.contentId === old) expect(found.every((byte) => byte === 0)).toBe(true);
      if (isFlushed) expect(Buffer.compare(found.subarray(MIB, MIB + first.length), first)).toBe(0);
      link.close();
      // It can be written again as if nothing had been.
      const device = new SessionDevice(new Chain([open(kind, layer, files, true)]));
      await device.write(5000, [second]);
      await device.close();
      expect(open(kind, layer, files, false).state).toMatchObject({ isClean: true });
      if (isDone) break;
    }
    expect(rounds).toBeGreaterThan(8);
  });

  it('[X5] of a disk that somebody else wrote say nothing of it', () => {
    const layer = new CrashingFiles();
    const files = make(kind, layer);
    const path = files[0] ?? '';
    const file = layer.open(path, true);
    if (kind.format === 'raw') {
      file.write(0, [second]);
    } else {
      const text = new Uint8Array(2048);
      const length = file.read(0, text);
      const match = /CID=([0-9a-f]+)/.exec(Buffer.from(text.subarray(0, length)).toString('latin1'));
      file.write((match?.index ?? 0) + 4, [Buffer.from('cafe0000'.slice(0, match?.[1]?.length))]);
    }
    const { state } = open(kind, layer, files, false);
    expect(state.record).toBeUndefined();
    const sidecar = readSidecar(layer, path);
    formatNamed(kind.format).keepRecord?.(layer, files);
    const after = open(kind, layer, files, false).state;
    expect(after.record?.linkId).toBe(sidecar?.linkId);
    expect(after.record?.contentId).not.toBe(sidecar?.contentId);
    expect(after.generation).toBeGreaterThan(sidecar?.generation ?? 0);
  });

  it('[X5] of a CID of which some digits were written are those from before, and it is made whole', () => {
    const layer = new CrashingFiles();
    const files = make(kind, layer);
    const path = files[0] ?? '';
    const text = Buffer.alloc(2048);
    const cidNow = () => {
      const length = layer.open(path, false).read(0, text);
      const found = /\nCID=([0-9a-f]{8})\n/.exec(text.toString('latin1', 0, length));
      return { at: (found?.index ?? 0) + 5, digits: found?.[1] ?? '' };
    };
    const old = open(kind, layer, files, false).state;
    const { digits } = cidNow();
    // Without eight digits there is no part of one.
    if (digits === '') return;
    open(kind, layer, files, true).beginWriting();
    const { at, digits: changed } = cidNow();
    expect(changed).not.toBe(digits);
    const tear = (from: number, to: string) => {
      layer.open(path, true).write(at + from, [Buffer.from(to.slice(from))]);
    };
    tear(4, digits);
    expect(open(kind, layer, files, false).state.record).toEqual(old.record);
    // It is tried again, and stops when the side file is written and the CID is not.
    const begun = layer.events.length;
    open(kind, layer, files, true).beginWriting();
    const writes = layer.events.slice(begun).filter(({ does }) => does === 'write');
    expect(writes.findIndex(({ file }) => file === path)).toBeLessThan(writes.findIndex(({ file }) => file !== path));
    tear(0, digits);
    expect(open(kind, layer, files, false).state.record).toEqual(old.record);
  });

  it('[C5] keep the mark of a commit, and compare no samples under it', () => {
    const layer = new CrashingFiles();
    const files = make(kind, layer);
    const child = 'ab'.repeat(16);
    const mark = (committing: string | undefined) => {
      formatNamed(kind.format).changeState(layer, files, (state) => {
        const { committing: _, ...record } = state.record ?? { contentId: '', linkId: '' };
        return { ...state, record: { ...record, ...(committing === undefined ? {} : { committing }) } };
      });
    };
    mark(child);
    expect(open(kind, layer, files, false).state.record?.committing).toBe(child);
    if (kind.format === 'raw') {
      layer.open(files[0] ?? '', true).write(0, [second]);
      expect(open(kind, layer, files, false).state.record?.committing).toBe(child);
    } else {
      mark(undefined);
      expect(open(kind, layer, files, false).state.record?.committing).toBeUndefined();
    }
  });
});
