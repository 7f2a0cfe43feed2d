import { RedoubtError } from '../../base/redoubt-error.ts';
import { SECTOR_BYTES } from '../../base/units.ts';
import { Link, type LinkRequest } from '../chain/link.ts';
import { checkParent, commitUnfinishedError, findParent } from './find-parent.ts';
import { readLinkHead, type LinkHead } from '../link-head.ts';
import type { OpenContext } from '../open-context.ts';
import { requireTrustedExtents, requireTrustedLeaf } from './trust.ts';
import { refuseCommitted } from './unsettled.ts';

/** Called for every link, from the leaf on, before it is judged for good: the place to take its lock. */
export type EnterLink = (head: LinkHead, position: 'leaf' | 'parent') => Promise<void>;

/**
 * Follows a chain by its headers, from the leaf to the base, and checks every parent. With `enter` each link
 * is read again after it, so that what is judged can't change any more. Nothing stays open.
 * Throws what readLinkHead and findParent throw, disk.commit-unfinished for a leaf into which a commit stopped, and
 * disk.untrusted for a leaf that only a configuration names.
 */
export async function resolveChain(file: string, context: OpenContext, enter?: EnterLink): Promise<LinkHead[]> {
  let head = readLinkHead(file);
  requireTrustedLeaf(head, context);
  if (enter !== undefined) {
    await enter(head, 'leaf');
    head = readLinkHead(head.path);
  }
  if (head.state.record?.committing !== undefined) throw commitUnfinishedError(head);
  const heads = await followParents([head], context, enter);
  const [leaf, parent] = heads;
  // Who only looks may look.
  if (enter !== undefined && leaf !== undefined && parent !== undefined) refuseCommitted(leaf, parent);
  return heads;
}

/** The rest of a chain whose first links are known. Throws as resolveChain. */
export async function followParents(
  first: readonly LinkHead[],
  context: OpenContext,
  enter?: EnterLink,
): Promise<LinkHead[]> {
  const heads = [...first];
  for (let child = heads.at(-1); child?.state.parent !== undefined; child = heads.at(-1)) {
    let parent = findParent(child, heads, context);
    if (enter !== undefined) {
      await enter(parent, 'parent');
      parent = readLinkHead(parent.path);
      checkParent(child, parent);
    }
    heads.push(parent);
  }
  return heads;
}

export interface OpenChainOptions {
  /** The leaf is opened for writing. */
  readonly isWritable?: boolean;
  /** False: the leaf is never synced. */
  readonly isDurable?: boolean;
  /** The values that a commit gives the leaf. */
  readonly identity?: NonNullable<LinkRequest['identity']>;
  /** Called before the leaf's metadata is written; throws if its lock is gone. */
  readonly checkRight?: () => void;
  /** What is trusted besides the folder of a link's first file. */
  readonly context?: OpenContext;
}

/**
 * Opens the links of a resolved chain, leaf first as given; all or none. Throws disk.segment-missing,
 * disk.capacity-mismatch, disk.corrupt, disk.read-only, disk.untrusted (a later file), disk.io for one that is not the
 * same any more, and what
 * opening a file throws.
 */
export function openLinks(heads: readonly LinkHead[], options: OpenChainOptions = {}): Link[] {
  const links: Link[] = [];
  const layer = options.context?.files;
  try {
    // From the base on, because the shape of a child may follow from its parent's.
    for (const [index, head] of [...heads.entries()].reverse()) {
      const parent = links[0];
      const isLeaf = index === 0;
      const link = Link.open({
        files: head.files,
        format: head.format,
        isWritable: isLeaf && options.isWritable === true,
        ...(layer === undefined ? {} : { layer }),
        ...(parent === undefined
          ? {}
          : { parent: { capacityBytes: parent.capacityBytes, spansBytes: parent.spansBytes } }),
        ...(isLeaf && options.isDurable !== undefined ? { isDurable: options.isDurable } : {}),
        ...(isLeaf && options.identity !== undefined ? { identity: options.identity } : {}),
        ...(isLeaf && options.checkRight !== undefined ? { checkRight: options.checkRight } : {}),
      });
      links.unshift(link);
      checkSame(head, link);
      requireTrustedExtents(link, options.context ?? {});
      if (link.isWritable) link.refuseCutOff();
      if (parent !== undefined && parent.capacityBytes !== link.capacityBytes) throw capacityError(link, parent);
    }
    return links;
  } catch (error) {
    closeLinks(links);
    throw error;
  }
}

/**
 * Opens one link for reading, without those below it where its own files say all of its shape: only foreign
 * redo logs of several segments need their parents for that. Throws as openLinks, and what findParent throws.
 */
export async function openAlone(head: LinkHead, context: OpenContext): Promise<Link> {
  const { files, format, state } = head;
  if (state.parent === undefined || state.record !== undefined || files.length === 1)
    return Link.open({
      files,
      format,
      isWritable: false,
      ...(context.files === undefined ? {} : { layer: context.files }),
    });
  const [link, ...parents] = openLinks(await followParents([head], context), { context });
  closeLinks(parents);
  return link as Link;
}

/** What was judged by its path must be what is open now. */
function checkSame(head: LinkHead, link: Link): void {
  const isSame = link.fileIdentity === head.identity && link.record?.contentId === head.state.record?.contentId;
  if (isSame) return;
  const details = { file: head.path, operation: 'open', errno: 'ESTALE' };
  throw new RedoubtError('disk.io', `${head.path} was changed or replaced while it was being opened.`, details);
}

export function closeLinks(links: readonly Link[]): void {
  for (const link of links) link.close();
}

function capacityError(child: Link, parent: Link): RedoubtError {
  const message = `${child.path} has ${String(child.capacityBytes / SECTOR_BYTES)} sectors, its parent ${parent.path} ${String(parent.capacityBytes / SECTOR_BYTES)}.`;
  return new RedoubtError('disk.capacity-mismatch', message, {
    file: child.path,
    parent: parent.path,
    capacityBytes: child.capacityBytes,
    parentCapacityBytes: parent.capacityBytes,
  });
}
