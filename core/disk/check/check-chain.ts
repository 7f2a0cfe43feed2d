import { RedoubtError } from '../../base/redoubt-error.ts';
import { removeChild } from '../parents/children-list.ts';
import type { ParentSpans } from '../formats/disk-format.ts';
import { findDependents } from '../parents/dependents.ts';
import { commitUnfinishedError, findParent } from '../parents/find-parent.ts';
import { readLinkHead, type LinkHead } from '../link-head.ts';
import { lockFile } from '../locks/file-lock.ts';
import { LockSet } from '../locks/lock-set.ts';
import type { OpenContext } from '../open-context.ts';
import { checkWritable, protectedFile } from '../protection.ts';
import { finishRemoval } from '../remove-link.ts';
import { settleChain } from '../commit/settle.ts';
import { refuseUnsettled } from '../parents/unsettled.ts';
import { checkDescribed } from './check-described.ts';
import { checkLinkFiles } from './check-link.ts';
import { checkSurroundings, deadChildren, keptCopies } from './check-surroundings.ts';
import { Findings, type Finding, type FindingKind } from './finding.ts';
import { keepEntries } from './keep-entries.ts';
import { repairLinkFiles, type KeepOld } from './repair-link.ts';
import { repairVmdkFiles } from './repair-vmdk.ts';
import { errorFinding, type RepairRights } from './report-scan.ts';

export interface CheckRequest {
  readonly file: string;
  /** Puts right what can be, in all links of the chain; clears entries that lead nowhere only in `file` itself. */
  readonly repair?: boolean;
  readonly context?: OpenContext;
  readonly signal?: AbortSignal;
  /** The link that is looked at now. */
  readonly onProgress?: (progress: { readonly path: string; readonly isRepair: boolean }) => void;
}

export interface CheckReport {
  /** First files of the links that were looked at, from the leaf on. */
  readonly links: readonly string[];
  /** What is wrong now. */
  readonly findings: readonly Finding[];
  /** What was wrong before and is not any more. */
  readonly repaired: readonly Finding[];
  /** Files in which this repair has kept what entries said before. */
  readonly kept: readonly string[];
}

/**
 * Checks the structure of a disk's whole chain, every file of it, however damaged; with `repair` puts right
 * what can be. Without it nothing is written.
 *
 * Whoever writes a link of the chain meanwhile is in the way, and the other way round: each is locked as a
 * reader, and as a writer while it is repaired. Unfinished commits and removals are settled first when
 * repairing, as opening would. A repair that changes what `file` holds gives it a new generation and content
 * id; logs that hang from it have to be linked to it again.
 * Throws disk.not-found, disk.permission, disk.not-a-disk, disk.unsupported, disk.segment-picked, disk.locked,
 * job.cancelled; while repairing also disk.commit-unfinished, disk.read-only, disk.no-space, disk.io.
 */
export async function checkChain(request: CheckRequest): Promise<CheckReport> {
  const { file, repair = false, context = {} } = request;
  if (!repair) {
    const { links, findings } = await lookAt(request);
    return { links, findings, repaired: [], kept: [] };
  }
  await finishRemoval(file);
  await settleChain(file, context);
  refuseUnfinished(file);
  const before = await lookAt(request);
  refuseProtected(before);
  const kept: string[] = [];
  const hanging = await whoMustBeRelinked(before, context);
  for (const path of [...before.links].reverse()) {
    const files = before.files.get(path) ?? [];
    if (!before.findings.some((finding) => finding.canRepair && files.includes(finding.file))) continue;
    request.onProgress?.({ path, isRepair: true });
    await repairLink(path, path === before.links[0], before, request, kept);
  }
  const after = await lookAt(request);
  const left = new Set(after.findings.map(nameOf));
  const repaired = before.findings.filter((finding) => finding.canRepair && !left.has(nameOf(finding)));
  return { links: after.links, findings: [...after.findings, ...hanging], repaired, kept };
}

/** What a commit has left half-way only that commit can mend. A header that can't be read is a finding. */
function refuseUnfinished(file: string): void {
  const head = readHead(file, new Findings());
  if (head === undefined) return;
  if (head.state.record?.committing !== undefined) throw commitUnfinishedError(head);
  refuseUnsettled(head);
}

const wrongEntries: ReadonlySet<FindingKind> = new Set([
  'bad-table',
  'bad-grain',
  'shared-table',
  'shared-grain',
  'grain-over-table',
  'directory-copies',
]);

/** Whoever asks for a repair of a damaged file that is protected would else not be told why nothing was done. */
function refuseProtected({ links: [leaf = ''], findings, files }: Look): void {
  const isDamaged = findings.some(
    ({ severity, kind, file }) =>
      severity === 'error' && wrongEntries.has(kind) && files.get(leaf)?.includes(file) === true,
  );
  if (isDamaged) checkWritable(readLinkHead(leaf));
}

/** The logs over the leaf, if repairing it will give it another content id. */
async function whoMustBeRelinked({ links, findings, files }: Look, context: OpenContext): Promise<Finding[]> {
  const [leaf] = links;
  const changes = findings.some(
    ({ kind, canRepair, file }) =>
      canRepair && (kind === 'bad-grain' || kind === 'bad-table') && files.get(leaf ?? '')?.includes(file) === true,
  );
  if (leaf === undefined || !changes) return [];
  const dependents = await findDependents(leaf, { searchPaths: context.searchDirectories ?? [] });
  return dependents.map(({ path }) => ({
    file: path,
    kind: 'parent',
    severity: 'warning',
    sentence: `${path} was made over ${leaf} as it was before this repair; it must be linked to it again (relink --accept-changed).`,
    canRepair: false,
  }));
}

interface Look {
  readonly links: readonly string[];
  readonly findings: readonly Finding[];
  /** Of each link, what its parent covers; needed where a log's files state the whole disk. */
  readonly spans: ReadonlyMap<string, ParentSpans | undefined>;
  /** All files of a link, by its first. */
  readonly files: ReadonlyMap<string, readonly string[]>;
}

async function lookAt(request: CheckRequest): Promise<Look> {
  const { file, context = {}, signal } = request;
  const findings = new Findings();
  const locks = new LockSet();
  try {
    const heads = await followChain(file, context, findings, locks);
    const spans = new Map<string, ParentSpans | undefined>();
    // From the base on: where a log's files cover what its parent's do, only the parent says what that is.
    let parent: ParentSpans | undefined;
    for (const [index, head] of [...heads.entries()].reverse()) {
      request.onProgress?.({ path: head.path, isRepair: false });
      checkSurroundings(head, findings);
      spans.set(head.path, parent);
      const rights = rightsOver(head, index === 0);
      const { files, format } = head;
      parent =
        format === 'cowd'
          ? await checkLinkFiles({ files, parent, rights, signal }, findings)
          : await checkDescribed({ files, format, rights, signal }, findings);
    }
    const links = heads.map(({ path }) => path);
    return { links, findings: findings.all(), spans, files: new Map(heads.map((head) => [head.path, head.files])) };
  } finally {
    await locks.release();
  }
}

/** The chain as far as it can be followed, locked; where it can't is a finding. */
async function followChain(
  file: string,
  context: OpenContext,
  findings: Findings,
  locks: LockSet,
): Promise<LinkHead[]> {
  const leaf = readHead(file, findings);
  const heads: LinkHead[] = [];
  for (let head = leaf; head !== undefined;) {
    locks.add(await lockFile(head.path, 'reader', { purpose: context.purpose ?? 'check' }));
    heads.push(head);
    if (head.state.parent === undefined) break;
    try {
      head = findParent(head, heads, context);
    } catch (error) {
      const found = errorFinding(head.path, 'parent', error);
      findings.add({ ...found, file: head.path, sentence: `${found.sentence} What lies below was not checked.` });
      break;
    }
  }
  return heads;
}

/** Throws what reading a head throws but disk.corrupt, which is a finding. */
function readHead(path: string, findings: Findings): LinkHead | undefined {
  try {
    return readLinkHead(path);
  } catch (error) {
    if (!(error instanceof RedoubtError) || !error.is('disk.corrupt')) throw error;
    findings.add(errorFinding(path, 'header', error));
    return undefined;
  }
}

/** Below the leaf nothing is done that would change what a child was laid over, and an old-state link stays what it stands for. */
function rightsOver(head: LinkHead, isLeaf: boolean): RepairRights {
  const canKeep = protectedFile(head) === undefined && head.state.record?.committing === undefined;
  return {
    canKeep,
    canChange: canKeep && isLeaf && head.state.record?.standsFor === undefined,
    canCut: canKeep && head.files.every((path) => keptCopies(path).length === 0),
  };
}

async function repairLink(
  path: string,
  isLeaf: boolean,
  { spans, files }: Look,
  { context = {}, signal }: CheckRequest,
  kept: string[],
): Promise<void> {
  const lock = await lockFile(path, 'writer', { purpose: context.purpose ?? 'check' });
  try {
    const head = readLinkHead(path);
    checkWritable(head);
    if (head.state.record?.committing !== undefined) throw commitUnfinishedError(head);
    refuseUnsettled(head);
    await repairSurroundings(head);
    const rights = rightsOver(head, isLeaf);
    const keep: KeepOld = (file, old) => {
      kept.push(keepEntries(file, old));
    };
    const common = { files: files.get(path) ?? [], rights, signal, checkRight: () => lock?.prove() };
    if (head.format === 'cowd') await repairLinkFiles({ ...common, parent: spans.get(path) }, keep);
    else await repairVmdkFiles({ ...common, format: head.format }, keep);
  } finally {
    await lock?.release();
  }
}

/** Taking the lock has swept what dead processes left of theirs. */
async function repairSurroundings(head: LinkHead): Promise<void> {
  for (const child of deadChildren(head)) await removeChild(head.path, child);
}

function nameOf({ file, kind, field, grain, value, sentence }: Finding): string {
  return JSON.stringify([file, kind, field, grain, field === undefined ? sentence : value]);
}
