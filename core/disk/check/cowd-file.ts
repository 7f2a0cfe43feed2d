import { countOf, roundUp, SECTOR_BYTES } from '../../base/units.ts';
import type { DiskFile } from '../files/disk-file.ts';
import { HEADER_SECTORS } from '../formats/cowd/dialect.ts';
import type { CowdHeader } from '../formats/cowd/header.ts';
import type { Findings } from './finding.ts';
import { isWhole, type RepairRights } from './report-scan.ts';
import type { StructureScan } from './scan-structure.ts';
import { ENTRY_BYTES, lengthSectorsOf, type SparseStructure } from './sparse-structure.ts';

/** What a COWD file looks like to the scan. The header has been judged against the file's length. Throws disk.io. */
export function cowdStructure(
  file: DiskFile,
  header: CowdHeader,
  { spanSectors, entriesPerTable }: { spanSectors: number; entriesPerTable: number },
): SparseStructure {
  const directory = new Uint32Array(header.directoryEntries);
  file.read(header.directorySector * SECTOR_BYTES, new Uint8Array(directory.buffer));
  return {
    file,
    grainSectors: header.grainSectors,
    spanSectors,
    entriesPerTable,
    directoryName: 'grain directory',
    directorySector: header.directorySector,
    directory,
    fixed: [
      { sector: 0, sectors: HEADER_SECTORS },
      { sector: header.directorySector, sectors: countOf(header.directoryEntries * ENTRY_BYTES, SECTOR_BYTES) },
    ],
    hasZeroMark: false,
  };
}

/** Fields of one header that contradict each other without making the file unreadable. */
export function checkCowdFields(path: string, header: CowdHeader, findings: Findings): void {
  const warn = (field: string, value: number | string, reason: string) => {
    findings.add({
      file: path,
      kind: 'header',
      severity: 'warning',
      field,
      value: String(value),
      sentence: `${path}: ${field} is ${String(value)}, ${reason}.`,
      canRepair: false,
    });
  };
  const { capacitySectors, fileCapacitySectors, diskCapacitySectors, fileCount, parent, geometry } = header;
  if (header.isInconsistent) {
    findings.add({
      file: path,
      kind: 'header',
      severity: 'error',
      field: 'flags',
      value: '0x4',
      sentence: `${path} is marked inconsistent by another program; it is only read.`,
      canRepair: false,
    });
  }
  if (parent !== undefined) return;
  if (fileCount === 1 && diskCapacitySectors !== 0 && diskCapacitySectors !== capacitySectors)
    warn('diskCapacity', diskCapacitySectors, `where numSectors is ${String(capacitySectors)}`);
  if (fileCapacitySectors !== 0 && fileCapacitySectors < capacitySectors)
    warn('fileCapacity', fileCapacitySectors, `below numSectors ${String(capacitySectors)}`);
  const cylinderSectors = geometry.heads * geometry.sectorsPerTrack;
  if (geometry.cylinders * cylinderSectors > Math.max(capacitySectors, fileCapacitySectors))
    warn('cylinders', geometry.cylinders, `more than ${String(capacitySectors)} sectors have`);
}

/** How the file was left, and what space in it is lost. */
export function checkCowdBooks(
  path: string,
  header: CowdHeader,
  structure: SparseStructure,
  scan: StructureScan,
  rights: RepairRights,
  findings: Findings,
): void {
  const { canKeep } = rights;
  const warn = (kind: 'unclean' | 'free-sector' | 'saved-generation', field: string, value: number, why: string) => {
    const sentence = `${path} ${why}.`;
    findings.add({ file: path, kind, severity: 'warning', field, value: String(value), sentence, canRepair: canKeep });
  };
  const lengthSectors = lengthSectorsOf(structure);
  if (!header.isClean) {
    warn('unclean', 'flags', 0, 'was not closed as it should be; opening it mends that');
  } else {
    if (header.freeSector !== lengthSectors || structure.file.lengthBytes() % SECTOR_BYTES !== 0)
      warn(
        'free-sector',
        'freeSector',
        header.freeSector,
        `ends at sector ${String(lengthSectors)} and says otherwise`,
      );
    if (header.savedGeneration !== header.generation)
      warn('saved-generation', 'savedGeneration', header.savedGeneration, 'was changed without being closed');
  }
  addUnused(path, structure, scan, rights, findings);
}

/** Space that nobody points to: at the end of the file, and between what is used. */
export function addUnused(
  path: string,
  structure: SparseStructure,
  scan: StructureScan,
  { canCut }: RepairRights,
  findings: Findings,
): void {
  const { grainSectors } = structure;
  const tail = lengthSectorsOf(structure) - roundUp(scan.usedEndSector, grainSectors);
  const add = (sectors: number, where: string, canRepair: boolean) => {
    const bytes = String(sectors * SECTOR_BYTES);
    const sentence = `${path} has ${bytes} bytes ${where} to which no entry points.`;
    findings.add({ file: path, kind: 'unused-space', severity: 'info', value: bytes, sentence, canRepair });
  };
  if (tail >= grainSectors) add(tail, 'at its end', canCut && isWhole(scan));
  if (scan.unusedSectors >= grainSectors) add(scan.unusedSectors, 'between its grains', false);
}
