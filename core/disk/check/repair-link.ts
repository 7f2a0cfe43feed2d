import { randomBytes } from 'node:crypto';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { roundUp, SECTOR_BYTES } from '../../base/units.ts';
import { FORMAT_LIMIT_SECTORS, layOutExtent, SPLIT_FILE_LIMIT_SECTORS } from '../formats/cowd/dialect.ts';
import type { CowdHeader } from '../formats/cowd/header.ts';
import { patchHeader } from '../formats/cowd/read-header.ts';
import { lastGeneration, nextGeneration } from '../generation.ts';
import { openFiles, placeFiles, type LinkCheck, type OpenSegment, type Place } from './check-link.ts';
import { cowdStructure } from './cowd-file.ts';
import { Findings } from './finding.ts';
import { isWhole, type RepairRights } from './report-scan.ts';
import { repairStructure, type OldEntries } from './repair-structure.ts';
import { scanStructure, type StructureScan } from './scan-structure.ts';
import { lengthSectorsOf, type SparseStructure } from './sparse-structure.ts';

/** Keeps, durably and beside the file, what entries said that are about to be changed. */
export type KeepOld = (file: string, old: OldEntries) => void;

interface Repaired extends OpenSegment {
  readonly structure: SparseStructure;
  readonly scan: StructureScan;
  readonly place: Place;
}

/**
 * Repairs a COWD link. The caller holds its writer lock; no commit into it is unfinished.
 *
 * 1. Where the content will change (entries that lead nowhere are cleared): the first file's CLEAN off, then
 *    its generation and content id in one sector write, each synced. Whoever hangs from the link then knows.
 * 2. Each file that needs it, one after the other: CLEAN off, and the same identity, synced; its entries as
 *    `repairStructure` says; what lies behind the last grain is cut off; free sector and saved generation,
 *    synced; CLEAN, synced.
 *
 * A crash leaves a link that opens as one that was not closed, and the same repair goes on. Where nothing is
 * cleared the link reads as before at every moment, and its identity stays.
 * Throws disk.corrupt (headers that can't be repaired), disk.read-only, disk.no-space, disk.io, job.cancelled.
 */
export async function repairLinkFiles(check: LinkCheck, keep: KeepOld): Promise<void> {
  const findings = new Findings();
  const opened = openFiles(check, true, findings);
  try {
    const { places } = placeFiles(opened, check, findings);
    const first = opened[0];
    // Where a header is wrong nobody knows what the rest means.
    if (first === undefined || findings.all().length > 0) return;
    const segments: Repaired[] = [];
    for (const [index, segment] of opened.entries()) {
      const place = places[index];
      if (place === undefined) continue;
      const structure = cowdStructure(segment.file, segment.header, place);
      segments.push({ ...segment, place, structure, scan: await scanStructure(structure, check) });
    }
    const { canChange } = check.rights;
    const changes = canChange && segments.some(({ scan }) => scan.badTables.count + scan.badGrains.count > 0);
    const identify = changes ? newIdentity(first) : (header: CowdHeader) => header;
    check.checkRight?.();
    if (changes) begin(first, identify);
    for (const segment of segments) {
      const isFirst = segment.file === first.file;
      if (!needsRepair(segment, check.rights) && !(isFirst && changes)) continue;
      check.checkRight?.();
      begin(segment, identify);
      const scan = await repairStructure(segment.structure, {
        signal: check.signal,
        checkRight: check.checkRight,
        canChange,
        limitSectors: limitOf(segment),
        keep: (old) => {
          keep(segment.file.path, old);
        },
      });
      finish(segment, scan, check.rights.canCut && isWhole(segment.scan) && isWhole(scan));
    }
  } finally {
    for (const { file } of opened) file.close();
  }
}

function needsRepair({ header, structure, scan }: Repaired, { canChange, canCut }: RepairRights): boolean {
  const faults = [
    scan.sharedTables,
    scan.overwrittenTables,
    scan.sharedGrains,
    ...(canChange ? [scan.badTables, scan.badGrains] : []),
  ];
  if (faults.some(({ count }) => count > 0)) return true;
  const lengthSectors = lengthSectorsOf(structure);
  const isInOrder =
    header.isClean &&
    header.savedGeneration === header.generation &&
    header.freeSector * SECTOR_BYTES === structure.file.lengthBytes();
  if (!isInOrder) return true;
  return (
    canCut &&
    isWhole(scan) &&
    lengthSectors - roundUp(scan.usedEndSector, structure.grainSectors) >= structure.grainSectors
  );
}

/** Step 1's values, the same for all files of the link. */
function newIdentity({ file, header }: OpenSegment): (header: CowdHeader) => CowdHeader {
  if (header.record === undefined && header.generation >= lastGeneration) {
    throw new RedoubtError('disk.unsupported', `The generation of ${file.path} can't rise any more.`, {
      file: file.path,
      feature: 'repairing a file of the last generation',
    });
  }
  const generation = nextGeneration(header.generation);
  const contentId = randomBytes(16).toString('hex');
  return (old) => ({
    ...old,
    generation,
    ...(old.record === undefined ? {} : { record: { ...old.record, contentId } }),
  });
}

function begin({ file }: OpenSegment, identify: (header: CowdHeader) => CowdHeader): void {
  patchHeader(file, (header) => ({ ...header, isClean: false }));
  patchHeader(file, identify);
}

/** `canCut`: every entry is known and on the device, so what lies behind the last grain belongs to nobody. */
function finish(segment: Repaired, scan: StructureScan, canCut: boolean): void {
  const { file, structure } = segment;
  // Half a sector at the very end of a full file holds nothing and must not be made whole.
  const lengthSectors = Math.min(lengthSectorsOf(structure), limitOf(segment));
  const endSector = canCut
    ? Math.min(lengthSectors, roundUp(scan.usedEndSector, structure.grainSectors))
    : lengthSectors;
  if (file.lengthBytes() !== endSector * SECTOR_BYTES) {
    // Whoever was killed in a flush may have left entries that only the host's memory has: the device's lead further.
    file.syncNow();
    file.setLength(endSector * SECTOR_BYTES);
  }
  // Where wrong entries stay, some may lead past the end: the file goes on saying so if it was cut off, and does not grow
  // over them.
  const isWithinEnd = scan.badTables.count + scan.badGrains.count + scan.unreadableTables.count === 0;
  patchHeader(file, (now) => ({
    ...now,
    freeSector: isWithinEnd ? endSector : Math.max(endSector, now.freeSector),
    savedGeneration: now.generation,
  }));
  file.syncNow();
  patchHeader(file, (now) => ({ ...now, isClean: true }));
}

/** Beyond it the file would pass what its own kind of disk allows. */
function limitOf({ header, place }: Repaired): number {
  const { fullSectors } = layOutExtent({
    spanSectors: place.spanSectors,
    statedSectors: header.capacitySectors,
    grainSectors: header.grainSectors,
    entriesPerTable: place.entriesPerTable,
  });
  return fullSectors <= SPLIT_FILE_LIMIT_SECTORS ? SPLIT_FILE_LIMIT_SECTORS : FORMAT_LIMIT_SECTORS;
}
