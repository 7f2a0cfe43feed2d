import { randomBytes } from 'node:crypto';
import { Chain } from '../../core/disk/chain/chain.ts';
import { Link, type LinkRequest } from '../../core/disk/chain/link.ts';
import type { ReadPace } from '../../core/disk/chain/read-pace.ts';
import { hostFiles, type FileLayer } from '../../core/disk/files/disk-file.ts';
import { createExtent } from '../../core/disk/formats/cowd/create-extent.ts';
import { dialects, type Dialect } from '../../core/disk/formats/cowd/dialect.ts';
import { SessionDevice } from '../../core/disk/session/session-device.ts';
import { SECTOR_BYTES } from '../../core/base/units.ts';

export interface TestDisk {
  readonly files: string[];
  readonly spansSectors: readonly number[];
}

/** Makes an empty link of small segments: a base, or a redo log over `parent`. */
export function makeLink(
  folder: { at(name: string): string },
  name: string,
  spansSectors: readonly number[],
  options: { parent?: TestDisk; dialect?: Dialect; grainSectors?: number; layer?: FileLayer } = {},
): TestDisk {
  const { parent, dialect = dialects.hybrid, layer = hostFiles } = options;
  const [contentId, linkId] = [randomId(), randomId()];
  const parentLink = parent === undefined ? undefined : Link.open({ files: parent.files, isWritable: false, layer });
  const files = spansSectors.map((spanSectors, ordinal) => {
    const path = folder.at(ordinal === 0 ? name : `${name}-part${String(ordinal + 1)}`);
    createExtent(layer, {
      path,
      dialect,
      spanSectors,
      diskSectors: spansSectors.reduce((sum, span) => sum + span, 0),
      ordinal,
      fileCount: spansSectors.length,
      generation: 1000,
      controller: 'ide',
      record: {
        contentId,
        linkId,
        ...(parentLink?.record === undefined ? {} : { parentContentId: parentLink.record.contentId }),
      },
      ...(parentLink === undefined
        ? {}
        : { parent: { storedName: parentLink.path, generation: parentLink.state.generation } }),
      ...(options.grainSectors === undefined ? {} : { grainSectors: options.grainSectors }),
    });
    return path;
  });
  parentLink?.close();
  return { files, spansSectors };
}

/** Opens disks, leaf first, as one device; the leaf for writing. */
export function openDevice(
  disks: readonly TestDisk[],
  options: { isWritable?: boolean; mapBytes?: number; pace?: ReadPace } & Pick<LinkRequest, 'layer' | 'isDurable'> = {},
): SessionDevice {
  const { isWritable = true, mapBytes, pace, ...rest } = options;
  const links: Link[] = [];
  for (const [index, disk] of disks.entries()) {
    const parent = disks[index + 1];
    links.push(
      Link.open({
        ...rest,
        files: disk.files,
        isWritable: index === 0 && isWritable,
        ...(parent === undefined ? {} : { parent: spansOf(parent) }),
      }),
    );
  }
  return new SessionDevice(new Chain(links), {
    ...(mapBytes === undefined ? {} : { mapBytes }),
    ...(pace === undefined ? {} : { pace }),
  });
}

export function sizeBytesOf(disk: TestDisk): number {
  return disk.spansSectors.reduce((sum, span) => sum + span, 0) * SECTOR_BYTES;
}

function spansOf(disk: TestDisk): { capacityBytes: number; spansBytes: number[] } {
  return { capacityBytes: sizeBytesOf(disk), spansBytes: disk.spansSectors.map((span) => span * SECTOR_BYTES) };
}

function randomId(): string {
  return randomBytes(16).toString('hex');
}
