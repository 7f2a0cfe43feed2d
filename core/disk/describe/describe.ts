import { basename, join } from 'node:path';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { SECTOR_BYTES } from '../../base/units.ts';
import type { Link } from '../chain/link.ts';
import { CowdExtent } from '../formats/cowd/cowd-extent.ts';
import { noParentCid, type Descriptor, type DescriptorExtent } from '../formats/descriptor/descriptor.ts';
import { formatDescriptor } from '../formats/descriptor/format-descriptor.ts';
import { FIRST_PLACE, type Extent } from '../formats/extent.ts';
import { ZeroExtent } from '../formats/flat/flat-extent.ts';
import type { LinkFormat } from '../formats/link-state.ts';
import type { OpenContext } from '../open-context.ts';
import { closeLinks, openLinks, resolveChain } from '../parents/resolve-chain.ts';
import { writeDescriptors, type NewDescriptor } from './write-descriptors.ts';

/**
 * Writes one text descriptor a link into `directory` (created if missing), so that qemu-img and others can
 * read the chain; never for writing, because they keep neither free sector nor generation. The content ids
 * that descriptors know are made from the generations, so a reader checks those too.
 * Returns them from the leaf to the base; all are written or none. Throws as inspectChain, and as writeDescriptors, and
 * disk.unsupported (readers of descriptors would find other content: grain tables of 512 entries in all but small files).
 */
export async function describeChain(file: string, directory: string, context: OpenContext = {}): Promise<string[]> {
  const links = openLinks(await resolveChain(file, context), { context });
  try {
    const names = descriptorNames(links);
    const descriptors = links.map((link, index): NewDescriptor => {
      const parent = links[index + 1];
      const name = names[index + 1];
      const about = parent === undefined || name === undefined ? undefined : { link: parent, name };
      return { path: join(directory, names[index] as string), text: formatDescriptor(describeLink(link, about)) };
    });
    writeDescriptors(descriptors);
    return descriptors.map(({ path }) => path);
  } finally {
    closeLinks(links);
  }
}

/** The descriptor of one link. `parent`: that of its parent, and the file name of its descriptor in the same folder. */
function describeLink(link: Link, parent: { link: Link; name: string } | undefined): Descriptor {
  const { state, format, extents } = link;
  return {
    version: 1,
    cid: contentNumber(link),
    ...(parent === undefined ? {} : { parentCid: contentNumber(parent.link), parentFileNameHint: parent.name }),
    createType: createTypes[format],
    extents: extents.map((extent) => describeExtent(extent, format)),
    database: new Map([['ddb.adapterType', state.controller === 'scsi' ? 'buslogic' : 'ide']]),
  };
}

const createTypes: Readonly<Record<LinkFormat, string>> = {
  cowd: 'vmfsSparse',
  vmdk: 'twoGbMaxExtentSparse',
  stream: 'twoGbMaxExtentSparse',
  flat: 'twoGbMaxExtentFlat',
  raw: 'monolithicFlat',
};

function describeExtent(given: Extent, format: LinkFormat): DescriptorExtent {
  const { path, spanBytes, originBytes } = given;
  if (given instanceof CowdExtent && !given.isReadWithLargeTables()) {
    const feature = 'describing a file whose grain tables other programs would read wrong';
    throw new RedoubtError('disk.unsupported', `${path} can't be described: its grain tables have 512 entries.`, {
      file: path,
      feature,
    });
  }
  const extent = {
    access: 'RW',
    sectors: spanBytes / SECTOR_BYTES,
    fileName: path,
    offsetSectors: 0,
    line: 0,
  } as const;
  if (given instanceof ZeroExtent)
    return { access: 'RW', sectors: extent.sectors, type: 'ZERO', offsetSectors: 0, line: 0 };
  if (format === 'cowd') return { ...extent, type: 'VMFSSPARSE' };
  if (format === 'vmdk' || format === 'stream') return { ...extent, type: 'SPARSE' };
  return { ...extent, type: 'FLAT', offsetSectors: originBytes / SECTOR_BYTES + FIRST_PLACE };
}

/** All ones would mean that there is no parent. */
function contentNumber({ state }: Link): number {
  return Math.min(state.generation, noParentCid - 1);
}

/** The links' own names; two of one name in different folders are told apart by a number. */
function descriptorNames(links: readonly Link[]): string[] {
  const taken = new Map<string, number>();
  return links.map((link) => {
    const name = basename(link.path);
    const count = (taken.get(name) ?? 0) + 1;
    taken.set(name, count);
    return count === 1 ? `${name}.descriptor` : `${name}.${String(count)}.descriptor`;
  });
}
