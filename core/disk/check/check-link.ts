import { RedoubtError } from '../../base/redoubt-error.ts';
import { SECTOR_BYTES } from '../../base/units.ts';
import { placeExtents } from '../formats/cowd/place-extents.ts';
import type { ParentSpans } from '../formats/disk-format.ts';
import { hostFiles, type DiskFile, type FileLayer } from '../files/disk-file.ts';
import { entriesPerTable } from '../formats/cowd/dialect.ts';
import type { CowdHeader } from '../formats/cowd/header.ts';
import { readHeader } from '../formats/cowd/read-header.ts';
import { checkCowdBooks, checkCowdFields, cowdStructure } from './cowd-file.ts';
import type { Findings } from './finding.ts';
import { errorFinding, reportScan, type RepairRights } from './report-scan.ts';
import { scanStructure, type StructureScan } from './scan-structure.ts';
import type { SparseStructure } from './sparse-structure.ts';

export interface LinkCheck {
  /** All files of the link, in order. */
  readonly files: readonly string[];
  /** What its parent covers, where that is known. */
  readonly parent?: ParentSpans | undefined;
  readonly rights: RepairRights;
  readonly layer?: FileLayer | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Of a repair: called before it writes; throws if the writer's lock is gone. */
  readonly checkRight?: (() => void) | undefined;
}

/** A file of a link that could be looked at. */
export interface CheckedFile {
  readonly file: DiskFile;
  readonly header: CowdHeader;
  readonly structure: SparseStructure;
  readonly scan: StructureScan;
}

/**
 * Checks the files of one COWD link and says what it covers, if that can be told. Every file is looked at,
 * however damaged the others are. Throws job.cancelled.
 */
export async function checkLinkFiles(check: LinkCheck, findings: Findings): Promise<ParentSpans | undefined> {
  const opened = openFiles(check, false, findings);
  try {
    const { places, spans } = placeFiles(opened, check, findings);
    for (const [index, segment] of opened.entries()) {
      checkCowdFields(segment.file.path, segment.header, findings);
      const place = places[index];
      if (place !== undefined) await checkFile(segment, place, check, findings);
    }
    return spans;
  } finally {
    for (const { file } of opened) file.close();
  }
}

export interface OpenSegment {
  readonly file: DiskFile;
  readonly header: CowdHeader;
}

export interface Place {
  readonly spanSectors: number;
  readonly entriesPerTable: number;
}

/** Opens what can be opened; the rest becomes findings. */
export function openFiles(check: LinkCheck, isWritable: boolean, findings: Findings): OpenSegment[] {
  const { files, layer = hostFiles } = check;
  const opened: OpenSegment[] = [];
  for (const path of files) {
    let file: DiskFile | undefined;
    try {
      file = layer.open(path, isWritable);
      opened.push({ file, header: readHeader(file) });
    } catch (error) {
      file?.close();
      const isGone = error instanceof RedoubtError && error.is('disk.not-found');
      findings.add(errorFinding(path, isGone ? 'segment' : 'header', error));
    }
  }
  return opened;
}

/** Where each file lies in the disk; where the headers contradict each other, as each says by itself. */
export function placeFiles(
  opened: readonly OpenSegment[],
  { files, parent }: LinkCheck,
  findings: Findings,
): { places: (Place | undefined)[]; spans: ParentSpans | undefined } {
  const alone = () => opened.map(({ header }) => placeAlone(header));
  if (opened.length < files.length) return { places: alone(), spans: undefined };
  try {
    const segments = opened.map(({ file, header }) => ({ path: file.path, header }));
    const places = placeExtents(segments, parent);
    const spansBytes = places.map((place) => place.spanBytes);
    const capacityBytes = spansBytes.reduce((sum, span) => sum + span, 0);
    return {
      places: places.map((place) => ({ ...place, spanSectors: place.spanBytes / SECTOR_BYTES })),
      spans: { capacityBytes, spansBytes },
    };
  } catch (error) {
    findings.add(errorFinding(opened[0]?.file.path ?? '', 'segment', error));
    return { places: alone(), spans: undefined };
  }
}

function placeAlone(header: CowdHeader): Place | undefined {
  const entries = entriesPerTable(header);
  return entries === undefined ? undefined : { spanSectors: header.capacitySectors, entriesPerTable: entries };
}

async function checkFile(
  { file, header }: OpenSegment,
  place: Place,
  { rights, signal }: LinkCheck,
  findings: Findings,
): Promise<void> {
  try {
    const structure = cowdStructure(file, header, place);
    const scan = await scanStructure(structure, { signal });
    reportScan(file.path, scan, rights, findings);
    checkCowdBooks(file.path, header, structure, scan, rights, findings);
  } catch (error) {
    if (!(error instanceof RedoubtError) || !error.is('disk.io')) throw error;
    findings.add(errorFinding(file.path, 'unreadable', error));
  }
}
