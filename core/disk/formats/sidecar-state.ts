import { formatCid } from './descriptor/descriptor.ts';
import type { LinkState } from './link-state.ts';
import type { Sidecar } from './sidecar.ts';

/** What is known of a link whose own format has no room for a record. */
export interface SidecarFacts {
  readonly sidecar: Sidecar | undefined;
  /** What a descriptor says, where the link has one. */
  readonly cid: number | undefined;
  readonly parent: LinkState['parent'];
  readonly sizeBytes: number;
  /** What `sampleContent` gives now; absent for what only a CID tells of, and where it need not be known. */
  readonly samples: string | undefined;
  readonly controller: LinkState['controller'];
  readonly fileCount: number;
  /** As far as the files say it. */
  readonly isClean: boolean;
}

/**
 * Who a link is, judged by its side file and its content.
 *
 * | side file | content id and generation |
 * | --- | --- |
 * | none | none; children know the CID, or what the samples give |
 * | agrees with CID, size and samples | its own |
 * | its CID was not written yet, or not all of its digits | those from before |
 * | anything else: a foreign program wrote | none, as without |
 */
export function stateFromSidecar(facts: SidecarFacts): LinkState {
  const { sidecar, cid, samples, sizeBytes } = facts;
  const kept = sidecar === undefined ? undefined : judgeSidecar(sidecar, facts);
  return {
    ...(facts.parent === undefined ? {} : { parent: facts.parent }),
    ...(kept ?? { generation: cid ?? 0 }),
    ...(samples === undefined ? {} : { sampledContentId: samples.slice(0, 32) }),
    ...(cid === undefined ? {} : { cid }),
    isClean: facts.isClean && (kept === undefined || samples === undefined || sidecar?.samples !== undefined),
    controller: facts.controller,
    ordinal: 0,
    fileCount: facts.fileCount,
    capacityBytes: sizeBytes,
  };
}

/**
 * Whether the samples must be taken: to know if a side file still speaks of the content, and who knows the content by
 * them. Not in the middle of a commit, when it is in no state that anybody knows; that has not begun before the side
 * file's CID is written.
 */
export function needsSamples(sidecar: Sidecar | undefined, cid: number | undefined): boolean {
  return sidecar?.committing === undefined || (cid !== undefined && !hasCid(sidecar.contentId, cid));
}

function judgeSidecar(
  sidecar: Sidecar,
  { cid, samples, sizeBytes }: SidecarFacts,
): Pick<LinkState, 'generation' | 'record'> | undefined {
  const { linkId, contentId, generation, committing, isMixed, before } = sidecar;
  if (sidecar.sizeBytes !== sizeBytes) return undefined;
  const mixed = isMixed === true ? { isMixed } : {};
  if (cid !== undefined && !hasCid(contentId, cid)) {
    if (before === undefined || !isBetween(cid, before.contentId, contentId)) return undefined;
    return { generation: before.generation, record: { contentId: before.contentId, linkId, ...mixed } };
  }
  const isCompared = committing === undefined && samples !== undefined && sidecar.samples !== undefined;
  if (isCompared && samples !== sidecar.samples) return undefined;
  return {
    generation,
    record: { contentId, linkId, ...(committing === undefined ? {} : { committing }), ...mixed },
  };
}

/** Whether every digit is that of one CID or of the other: a write of it that failed may have changed some. */
function isBetween(cid: number, before: string, after: string): boolean {
  return [...formatCid(cid)].every((digit, at) => digit === before[at] || digit === after[at]);
}

/** A CID is the beginning of the content id. */
export function hasCid(contentId: string, cid: number): boolean {
  return contentId.startsWith(formatCid(cid));
}
