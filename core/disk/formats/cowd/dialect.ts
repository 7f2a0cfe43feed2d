import { countOf, SECTOR_BYTES } from '../../../base/units.ts';

export { FORMAT_LIMIT_SECTORS, SPLIT_FILE_LIMIT_SECTORS } from '../sparse/file-limits.ts';

export const HEADER_SECTORS = 4;

export type DialectName = 'hybrid' | 'ws3' | 'esx' | 'vmware2';

/**
 * What the programs that wrote COWD files disagreed about. The entries per grain table are stored nowhere
 * in a file, so they are known from here or guessed from the sizes (`entriesPerTable`).
 * Sources: VDK 3.1 (ws3, vmware2), VMware's Virtual Disk Format notes and QEMU (esx); hybrid is our own,
 * chosen so that the readers of ws3 and of esx agree about it.
 */
export interface Dialect {
  readonly name: DialectName;
  readonly version: 1 | 3;
  readonly entriesPerTable: number;
  readonly baseGrainSectors: number;
  readonly redoGrainSectors: number;
  /** What a redo segment states as its capacity: its own span, or the whole disk's. */
  readonly redoCapacity: 'span' | 'disk';
  readonly canSplit: boolean;
}

export const dialects: Readonly<Record<DialectName, Dialect>> = {
  hybrid: {
    name: 'hybrid',
    version: 3,
    entriesPerTable: 4096,
    baseGrainSectors: 16,
    redoGrainSectors: 8,
    redoCapacity: 'span',
    canSplit: true,
  },
  ws3: {
    name: 'ws3',
    version: 3,
    entriesPerTable: 512,
    baseGrainSectors: 128,
    redoGrainSectors: 128,
    redoCapacity: 'disk',
    canSplit: true,
  },
  esx: {
    name: 'esx',
    version: 1,
    entriesPerTable: 4096,
    baseGrainSectors: 1,
    redoGrainSectors: 1,
    redoCapacity: 'span',
    canSplit: true,
  },
  vmware2: {
    name: 'vmware2',
    version: 1,
    entriesPerTable: 512,
    baseGrainSectors: 32,
    redoGrainSectors: 32,
    redoCapacity: 'span',
    canSplit: false,
  },
};

/** The fields from which the shape of a file's metadata follows. */
export interface Shape {
  readonly version: 1 | 3;
  readonly capacitySectors: number;
  readonly grainSectors: number;
  readonly directoryEntries: number;
}

/**
 * The entries per grain table that the header of a link's largest segment implies, or `undefined` if its
 * directory fits neither 512 nor 4096. A disk smaller than one table fits both: then small grains mean the
 * larger table, because that is what their writers used.
 */
export function entriesPerTable(shape: Shape): 512 | 4096 | undefined {
  const fits = (entries: number) =>
    countOf(shape.capacitySectors, shape.grainSectors * entries) === shape.directoryEntries;
  if (fits(512) !== fits(4096)) return fits(512) ? 512 : 4096;
  if (!fits(512)) return undefined;
  const largestSmallGrain = shape.version === 3 ? 16 : 15;
  return shape.grainSectors <= largestSmallGrain ? 4096 : 512;
}

/** Which dialect a header speaks, as far as that can be told. */
export function dialectOf(shape: Shape, entries: number): DialectName {
  if (entries === 4096) return shape.version === 3 ? 'hybrid' : 'esx';
  return shape.version === 3 ? 'ws3' : 'vmware2';
}

/** Where the parts of a new extent file lie, in sectors from its start. */
export interface ExtentLayout {
  readonly directorySector: number;
  readonly directoryEntries: number;
  readonly firstTableSector: number;
  readonly tableSectors: number;
  /** How many tables are laid out in advance, one behind the other. */
  readonly tables: number;
  /** The first grain, aligned to a grain: also the length of the empty file. */
  readonly firstGrainSector: number;
  /** The length of the file once every grain is allocated. */
  readonly fullSectors: number;
}

/**
 * Lays out an extent: header, directory, all tables of its span, grains.
 * `statedSectors` is the capacity in the header, which for some redo segments is larger than the span.
 */
export function layOutExtent(options: {
  spanSectors: number;
  statedSectors?: number;
  grainSectors: number;
  entriesPerTable: number;
}): ExtentLayout {
  const { spanSectors, grainSectors, entriesPerTable: entries } = options;
  const directoryEntries = countOf(options.statedSectors ?? spanSectors, grainSectors * entries);
  const directorySector = HEADER_SECTORS;
  const firstTableSector = directorySector + countOf(directoryEntries * 4, SECTOR_BYTES);
  const tableSectors = countOf(entries * 4, SECTOR_BYTES);
  const tables = countOf(spanSectors, grainSectors * entries);
  const firstGrainSector = countOf(firstTableSector + tables * tableSectors, grainSectors) * grainSectors;
  const fullSectors = firstGrainSector + countOf(spanSectors, grainSectors) * grainSectors;
  return { directorySector, directoryEntries, firstTableSector, tableSectors, tables, firstGrainSector, fullSectors };
}
