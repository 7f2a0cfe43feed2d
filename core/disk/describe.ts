import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { asFileError } from '../base/file-error.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { SECTOR_BYTES } from '../base/units.ts';
import type { Link } from './chain/link.ts';
import type { OpenContext } from './open-context.ts';
import { closeLinks, openLinks, resolveChain } from './resolve-chain.ts';

/**
 * Writes one text descriptor a link into `directory` (created if missing), so that qemu-img and others can
 * read the chain; never for writing, because they keep neither free sector nor generation. The content ids
 * that descriptors know are made from the generations, so a reader checks those too.
 * Returns them from the leaf to the base. Throws as inspectChain, and disk.permission, disk.no-space.
 */
export async function describeChain(file: string, directory: string, context: OpenContext = {}): Promise<string[]> {
  const links = openLinks(await resolveChain(file, context), { context });
  try {
    mkdirSync(directory, { recursive: true });
    const names = descriptorNames(links);
    return links.map((link, index) => {
      const path = join(directory, names[index] as string);
      writeFileSync(path, descriptorText(link, names[index + 1]));
      return path;
    });
  } catch (error) {
    throw error instanceof RedoubtError ? error : asFileError(error, directory, 'write');
  } finally {
    closeLinks(links);
  }
}

/** The descriptor of one link. `parent`: the file name of its parent's descriptor, in the same folder. */
export function descriptorText(link: Pick<Link, 'state' | 'files' | 'spansBytes'>, parent?: string): string {
  const { state } = link;
  const extents = link.files.map((path, index) => {
    if (/["\n\r]/.test(path)) {
      throw new RedoubtError('disk.bad-name', `${path} can't be named in a descriptor.`, {
        value: path,
        reason: 'it has a quotation mark',
      });
    }
    return `RW ${String((link.spansBytes[index] ?? 0) / SECTOR_BYTES)} VMFSSPARSE "${path}"`;
  });
  const lines = [
    '# Disk DescriptorFile',
    'version=1',
    `CID=${contentNumber(state.generation)}`,
    `parentCID=${state.parent === undefined ? 'ffffffff' : contentNumber(state.parent.generation)}`,
    'createType="vmfsSparse"',
    ...(parent === undefined ? [] : [`parentFileNameHint="${parent}"`]),
    '',
    '# Extent description',
    ...extents,
    '',
    '# The Disk Data Base',
    '#DDB',
    '',
    `ddb.adapterType = "${state.controller === 'scsi' ? 'buslogic' : 'ide'}"`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Eight digits; ffffffff would mean `no parent`. */
function contentNumber(generation: number): string {
  return Math.min(generation, 0xffff_fffe).toString(16).padStart(8, '0');
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
