import { statSync } from 'node:fs';
import type { ChainReport } from '../api/disks.ts';
import type { Link } from './chain/link.ts';
import type { LinkHead } from './link-head.ts';
import type { OpenContext } from './open-context.ts';
import { protectedFile } from './protection.ts';
import { closeLinks, openLinks, resolveChain } from './resolve-chain.ts';

/**
 * Describes a disk's whole chain from its headers; writes nothing, takes no lock.
 * Throws disk.not-found, disk.not-a-disk, disk.corrupt, disk.segment-picked, disk.segment-missing,
 * disk.parent-missing, disk.parent-changed, disk.capacity-mismatch, disk.loop, disk.untrusted.
 */
export async function inspectChain(file: string, context: OpenContext = {}): Promise<ChainReport> {
  const heads = await resolveChain(file, context);
  const links = openLinks(heads);
  try {
    const reports = links.map((link, index) => reportLink(link, heads[index] as LinkHead));
    return { capacityBytes: reports[0]?.capacityBytes ?? 0, links: reports };
  } finally {
    closeLinks(links);
  }
}

function reportLink(link: Link, head: LinkHead): ChainReport['links'][number] {
  const { state } = link;
  const { record } = state;
  return {
    path: head.path,
    files: [...head.files],
    role: state.parent === undefined ? 'base' : 'redo-log',
    format: link.format,
    ...(link.dialect === undefined ? {} : { dialect: link.dialect }),
    capacityBytes: link.capacityBytes,
    allocatedBytes: link.allocatedBytes(),
    grainBytes: link.first.grainBytes,
    generation: state.generation,
    ...(record === undefined ? {} : { linkId: record.linkId, contentId: record.contentId }),
    ...(record?.owner === undefined ? {} : { owner: record.owner }),
    state: record?.committing !== undefined ? 'committing' : link.isClean ? 'clean' : 'unclean',
    isReadOnly: protectedFile(head) !== undefined,
    changedAt: Math.max(...head.files.map((path) => Math.floor(statSync(path).mtimeMs))),
  };
}
