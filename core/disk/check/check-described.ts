import { hostFiles, type DiskFile, type FileLayer } from '../files/disk-file.ts';
import type { OpenedLink, ParentSpans } from '../formats/disk-format.ts';
import type { Extent } from '../formats/extent.ts';
import type { LinkFormat } from '../formats/link-state.ts';
import { openFormat } from '../formats/open-format.ts';
import { readSidecar, sidecarFile } from '../formats/sidecar.ts';
import { SparseExtent } from '../formats/sparse/sparse-extent.ts';
import { entriesPerTable } from '../formats/cowd/dialect.ts';
import { isCowd } from '../formats/cowd/header.ts';
import { readHeader } from '../formats/cowd/read-header.ts';
import { isVmdk4 } from '../formats/vmdk4/header.ts';
import { readVmdk4Header } from '../formats/vmdk4/read-vmdk4-header.ts';
import { addUnused, cowdStructure } from './cowd-file.ts';
import type { Findings } from './finding.ts';
import { errorFinding, isWhole, reportScan, type RepairRights } from './report-scan.ts';
import { scanStructure } from './scan-structure.ts';
import { differingTables, vmdkStructures } from './vmdk-file.ts';

export interface DescribedCheck {
  /** All files of the link, that with the descriptor first. */
  readonly files: readonly string[];
  readonly format: LinkFormat;
  readonly rights: RepairRights;
  readonly layer?: FileLayer | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Of a repair: called before it writes; throws if the writer's lock is gone. */
  readonly checkRight?: (() => void) | undefined;
}

/**
 * Checks a link of any other format than COWD: that its files belong together, the tables of hosted sparse files
 * and of compressed ones, and that what lies beside it speaks of it. Says what it covers, if that can be told.
 * Throws job.cancelled.
 */
export async function checkDescribed(check: DescribedCheck, findings: Findings): Promise<ParentSpans | undefined> {
  const spans = checkOpening(check, findings);
  for (const path of check.files) await checkSparseFile(path, check, findings);
  return spans;
}

/** Everything that opening judges, and the side file. */
function checkOpening(check: DescribedCheck, findings: Findings): ParentSpans | undefined {
  const { files, format, layer = hostFiles } = check;
  const path = files[0] as string;
  let opened: OpenedLink;
  try {
    opened = openFormat(format, { files, isWritable: false, layer }).opened;
  } catch (error) {
    findings.add(errorFinding(path, 'header', error));
    return undefined;
  }
  try {
    const { extents, books } = opened;
    if (books.state.record === undefined && readSidecar(layer, path) !== undefined) {
      findings.add({
        file: path,
        kind: 'sidecar',
        severity: 'warning',
        sentence: `${sidecarFile(path)} speaks of other content: another program has written ${path} since.`,
        canRepair: false,
      });
    }
    for (const extent of extents) if (!(extent instanceof SparseExtent)) checkPlaces(extent, findings);
    const spansBytes = extents.map(({ spanBytes }) => spanBytes);
    return { capacityBytes: spansBytes.reduce((sum, span) => sum + span, 0), spansBytes };
  } finally {
    for (const { file } of opened.extents) file.close();
    for (const file of opened.otherFiles ?? []) file.close();
  }
}

/** Every entry, until the first that is wrong. */
function checkPlaces(extent: Extent, findings: Findings): void {
  const places = new Uint32Array(4096);
  try {
    for (let grain = 0; grain < extent.grainCount; grain += places.length)
      extent.readPlaces(grain, Math.min(places.length, extent.grainCount - grain), places);
  } catch (error) {
    findings.add(errorFinding(extent.path, 'bad-grain', error));
  }
}

async function checkSparseFile(path: string, check: DescribedCheck, findings: Findings): Promise<void> {
  const { rights, signal, layer = hostFiles } = check;
  let file: DiskFile | undefined;
  try {
    file = layer.open(path, false);
    const start = new Uint8Array(4);
    const bytes = start.subarray(0, file.read(0, start));
    if (isCowd(bytes)) await checkCowdPart(file, check, findings);
    if (!isVmdk4(bytes)) return;
    const header = readVmdk4Header(file);
    const structures = vmdkStructures(file, header);
    if (structures === undefined) return;
    const scan = await scanStructure(structures.first, { signal });
    reportScan(path, scan, rights, findings);
    const differing = differingTables(structures);
    if (differing.length > 0) {
      findings.add({
        file: path,
        kind: 'directory-copies',
        severity: 'warning',
        field: 'redundant grain directory',
        value: String(differing.length),
        sentence: `${path}: the tables of its two grain directories differ in ${String(differing.length)} cases; the first is used as far as it can be read.`,
        canRepair: rights.canKeep,
      });
    }
    if (!header.isClean) {
      const sentence = `${path} was not closed as it should be; opening it mends that.`;
      const severity = 'warning';
      findings.add({
        file: path,
        kind: 'unclean',
        severity,
        field: 'uncleanShutdown',
        sentence,
        canRepair: rights.canKeep,
      });
    }
    // Tables of the copy that were added later lie among the grains and are not told from lost space.
    if (structures.copy === undefined || isWhole(scan))
      addUnused(path, structures.first, scan, { ...rights, canCut: false }, findings);
  } catch (error) {
    // Opening has said what is wrong with headers.
    const finding = errorFinding(path, 'unreadable', error);
    if (findings.all().every(({ sentence }) => sentence !== finding.sentence)) findings.add(finding);
  } finally {
    file?.close();
  }
}

/** A file of ESX: who the disk is, its descriptor says, so nothing in it is repaired. */
async function checkCowdPart(file: DiskFile, { signal }: DescribedCheck, findings: Findings): Promise<void> {
  const header = readHeader(file);
  const entries = entriesPerTable(header);
  if (entries === undefined) return;
  const place = { spanSectors: header.capacitySectors, entriesPerTable: entries };
  const scan = await scanStructure(cowdStructure(file, header, place), { signal });
  reportScan(file.path, scan, { canKeep: false, canChange: false, canCut: false }, findings);
}
