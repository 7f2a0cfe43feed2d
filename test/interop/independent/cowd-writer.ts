import { join, dirname, basename } from 'node:path';
import {
  cowdDialects,
  cowdFlag,
  cowdHeaderBytes,
  formatCowdHeader,
  formatLinkLine,
  sectorBytes,
  segmentName,
  type CowdDialect,
  type CowdDialectName,
  type LinkLine,
} from './cowd-layout.ts';
import { GrowingFile, type Placing } from './growing-file.ts';
import { grainsOf, shuffled, type Random, type Readable, type Stroke } from './stroke.ts';

export interface CowdPlan {
  /** Path of the first file. */
  readonly file: string;
  readonly dialect: CowdDialectName;
  /** What each file covers. */
  readonly spansSectors: readonly number[];
  readonly strokes: readonly Stroke[];
  /** Makes a redo log. Partial grains are filled from what `below` reads. */
  readonly parent?: { readonly storedName: string; readonly generation: number; readonly below: Readable };
  readonly generation: number;
  /** Our own line; without, the file is as a foreign program leaves it. */
  readonly line?: LinkLine;
  readonly controller?: 'ide' | 'scsi';
  readonly grainSectors?: number;
  readonly redoCapacity?: 'span' | 'disk';
  readonly tables: 'preallocated' | 'lazy';
  readonly placing: Placing;
  /** `stale`: allocated behind the header's back, as QEMU does. `unclean`: as after a power loss. */
  readonly ending: 'clean' | 'stale' | 'unclean';
  readonly random: Random;
}

/** Writes a base or a redo log, all files of it. Returns their paths. */
export function writeCowd(plan: CowdPlan): string[] {
  const files = plan.spansSectors.map((_, ordinal) =>
    join(dirname(plan.file), segmentName(basename(plan.file), ordinal)),
  );
  let startSector = 0;
  files.forEach((file, ordinal) => {
    writeSegment(plan, file, ordinal, startSector);
    startSector += plan.spansSectors[ordinal] ?? 0;
  });
  return files;
}

function writeSegment(plan: CowdPlan, path: string, ordinal: number, startSector: number): void {
  const dialect: CowdDialect = cowdDialects[plan.dialect];
  const { entries } = dialect;
  const isRoot = plan.parent === undefined;
  const wholeDisk = plan.spansSectors.reduce((sum, span) => sum + span, 0);
  const span = plan.spansSectors[ordinal] ?? 0;
  const rule = plan.redoCapacity ?? dialect.redoCapacity;
  const numSectors = !isRoot && rule === 'disk' ? wholeDisk : span;
  const grainSize = plan.grainSectors ?? (isRoot ? dialect.baseGrain : dialect.redoGrain);
  const numGDEntries = Math.ceil(numSectors / (grainSize * entries));
  const spanTables = Math.ceil(span / (grainSize * entries));
  const tableSectors = (entries * 4) / sectorBytes;

  const file = new GrowingFile(path, plan.random);
  file.take(cowdHeaderBytes / sectorBytes);
  const directory = Buffer.alloc(Math.ceil((numGDEntries * 4) / sectorBytes) * sectorBytes);
  const gdOffset = file.take(directory.length / sectorBytes);
  const tables = new Map<number, { sector: number; entries: Buffer }>();
  const addTable = (index: number) => {
    const table = { sector: file.take(tableSectors), entries: Buffer.alloc(entries * 4) };
    directory.writeUInt32LE(table.sector, index * 4);
    tables.set(index, table);
    return table;
  };
  if (plan.tables === 'preallocated') for (let index = 0; index < spanTables; index++) addTable(index);

  const shape = {
    startBytes: startSector * sectorBytes,
    sizeBytes: span * sectorBytes,
    grainBytes: grainSize * sectorBytes,
  };
  const grains = grainsOf(plan.strokes, shape, plan.parent?.below);
  // A header that QEMU leaves knows the free sector of before.
  let staleSector = file.endSector;
  for (const [number, content] of shuffled(grains, plan.random)) {
    const index = Math.floor(number / entries);
    const table = tables.get(index) ?? addTable(index);
    const sector = file.takeGrain(grainSize, plan.placing);
    file.write(sector, Buffer.concat([content], shape.grainBytes));
    table.entries.writeUInt32LE(sector, (number % entries) * 4);
    if (plan.random.below(3) === 0) staleSector = file.endSector;
  }
  for (const { sector, entries: bytes } of tables.values()) file.write(sector, bytes);
  file.write(gdOffset, directory);

  const isMulti = plan.spansSectors.length > 1;
  const flags =
    (isRoot ? cowdFlag.root : 0) |
    (plan.ending === 'unclean' ? 0 : cowdFlag.clean) |
    (dialect.version === 3 ? cowdFlag.hardwareVersion : 0) |
    (dialect.version === 3 && isMulti ? cowdFlag.multi : 0);
  const geometry = (sectors: number) => ({ cylinders: Math.floor(sectors / (16 * 63)), heads: 16, sectors: 63 });
  const whole = geometry(wholeDisk);
  const header = formatCowdHeader({
    version: dialect.version,
    flags,
    numSectors,
    grainSize,
    gdOffset,
    numGDEntries,
    freeSector: plan.ending === 'clean' ? file.endSector : staleSector,
    generation: plan.generation,
    savedGeneration: plan.ending === 'unclean' ? plan.generation - 1 : plan.generation,
    controller: dialect.version === 3 ? (plan.controller ?? 'ide') : '',
    description: plan.line === undefined ? '' : formatLinkLine(plan.line),
    fileOrdinal: ordinal,
    filesPerDisk: plan.spansSectors.length,
    fileCapacity: span,
    hardwareVersion: 2,
    uncleanShutdown: plan.ending === 'unclean' ? 1 : 0,
    ...(isRoot
      ? {
          ...geometry(span),
          diskCylinders: whole.cylinders,
          diskHeads: whole.heads,
          diskSectors: whole.sectors,
          diskCapacity: wholeDisk,
        }
      : { parentFileName: plan.parent?.storedName ?? '', parentGeneration: plan.parent?.generation ?? 0 }),
  });
  file.write(0, header);
  file.close();
}
