import { requireStatus } from '../../base/file-status.ts';
import type { ChainReport } from '../../api/disks.ts';
import type { Link } from '../chain/link.ts';
import { readLinkHead, type LinkHead } from '../link-head.ts';
import { isOldState } from '../parents/old-state.ts';
import type { OpenContext } from '../open-context.ts';
import { protectedFile } from '../protection.ts';
import { closeLinks, followParents, openLinks, resolveChain } from '../parents/resolve-chain.ts';

/**
 * Describes a disk's whole chain from its headers; writes nothing, takes no lock. `isMarkedShown`: also a disk
 * that can't be used because a commit into it was interrupted (else disk.commit-unfinished).
 * Throws disk.not-found, disk.not-a-disk, disk.corrupt, disk.segment-picked, disk.segment-missing,
 * disk.parent-missing, disk.parent-changed, disk.capacity-mismatch, disk.loop, disk.untrusted.
 */
export async function inspectChain(
  file: string,
  context: OpenContext = {},
  { isMarkedShown = false }: { readonly isMarkedShown?: boolean } = {},
): Promise<ChainReport> {
  const heads = isMarkedShown ? await followParents([readLinkHead(file)], context) : await resolveChain(file, context);
  const links = openLinks(heads, { context });
  try {
    const reports = links.map((link, index) => reportLink(link, heads[index] as LinkHead));
    return { capacityBytes: reports[0]?.capacityBytes ?? 0, links: reports };
  } finally {
    closeLinks(links);
  }
}

function stateWord({ record, isClean }: Link): ChainReport['links'][number]['state'] {
  if (record?.committing !== undefined) return 'committing';
  if (record?.isMixed === true) return 'mixed';
  return isClean ? 'clean' : 'unclean';
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
    state: stateWord(link),
    ...(isOldState(head) ? { isOldState: true } : {}),
    isReadOnly: protectedFile(head) !== undefined,
    changedAt: Math.max(...head.files.map((path) => Math.floor(requireStatus(path).mtimeMs))),
  };
}
