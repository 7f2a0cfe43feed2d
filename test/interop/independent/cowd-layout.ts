import { readFields, readText, writeFields, type FieldValues } from './fields.ts';

export const sectorBytes = 512;
export const cowdHeaderBytes = 2048;

/** The numbers that every version has. */
export const cowdFields = {
  magic: { offset: 0, bytes: 4 },
  version: { offset: 4, bytes: 4 },
  flags: { offset: 8, bytes: 4 },
  numSectors: { offset: 12, bytes: 4 },
  grainSize: { offset: 16, bytes: 4 },
  gdOffset: { offset: 20, bytes: 4 },
  numGDEntries: { offset: 24, bytes: 4 },
  freeSector: { offset: 28, bytes: 4 },
  parentGeneration: { offset: 1056, bytes: 4 },
  generation: { offset: 1060, bytes: 4 },
  savedGeneration: { offset: 1636, bytes: 4 },
} as const;

/** The geometry, where a child has its parent's name. */
export const cowdRootFields = {
  cylinders: { offset: 32, bytes: 4 },
  heads: { offset: 36, bytes: 4 },
  sectors: { offset: 40, bytes: 4 },
} as const;

export const cowdVersion1Fields = {
  uncleanShutdown: { offset: 1648, bytes: 4 },
} as const;

export const cowdVersion3Fields = {
  fileOrdinal: { offset: 1648, bytes: 4 },
  filesPerDisk: { offset: 1652, bytes: 4 },
  diskCylinders: { offset: 1656, bytes: 4 },
  diskHeads: { offset: 1660, bytes: 4 },
  diskSectors: { offset: 1664, bytes: 4 },
  diskCapacity: { offset: 1668, bytes: 4 },
  sequenceNumber: { offset: 1672, bytes: 4 },
  fileCapacity: { offset: 1676, bytes: 4 },
  hardwareVersion: { offset: 1680, bytes: 4 },
  toolsFlag: { offset: 1684, bytes: 4 },
} as const;

export const cowdTexts = {
  parentFileName: { offset: 32, bytes: 1024 },
  name: { offset: 1064, bytes: 60 },
  description: { offset: 1124, bytes: 512 },
  controller: { offset: 1640, bytes: 8 },
} as const;

export const cowdMagic = 0x4457_4f43;
export const cowdFlag = { root: 1, clean: 2, multi: 8, hardwareVersion: 16 } as const;

export type CowdNumbers = FieldValues<typeof cowdFields> &
  FieldValues<typeof cowdRootFields> &
  FieldValues<typeof cowdVersion1Fields> &
  FieldValues<typeof cowdVersion3Fields>;

export interface CowdHeader extends CowdNumbers {
  parentFileName: string;
  name: string;
  description: string;
  controller: string;
}

/** Fields that a version or a child does not have read as 0, texts as ''. */
export function parseCowdHeader(bytes: Buffer): CowdHeader {
  const shared = readFields(bytes, cowdFields);
  const isRoot = (shared.flags & cowdFlag.root) !== 0;
  const none = Buffer.alloc(cowdHeaderBytes);
  const text = (name: keyof typeof cowdTexts) => readText(bytes, cowdTexts[name].offset, cowdTexts[name].bytes);
  return {
    ...shared,
    ...readFields(isRoot ? bytes : none, cowdRootFields),
    parentGeneration: isRoot ? 0 : shared.parentGeneration,
    ...readFields(shared.version === 1 ? bytes : none, cowdVersion1Fields),
    ...readFields(shared.version === 3 ? bytes : none, cowdVersion3Fields),
    parentFileName: isRoot ? '' : text('parentFileName'),
    name: text('name'),
    description: text('description'),
    controller: text('controller'),
  };
}

export function formatCowdHeader(header: Partial<CowdHeader> & { version: number; flags: number }): Buffer {
  const bytes = Buffer.alloc(cowdHeaderBytes);
  const isRoot = (header.flags & cowdFlag.root) !== 0;
  writeFields(bytes, cowdFields, { magic: cowdMagic, ...header });
  if (isRoot) writeFields(bytes, cowdRootFields, header);
  writeFields(bytes, header.version === 3 ? cowdVersion3Fields : cowdVersion1Fields, header);
  for (const [name, { offset, bytes: room }] of Object.entries(cowdTexts)) {
    if (name === 'parentFileName' && isRoot) continue;
    const text = Buffer.from(header[name as keyof typeof cowdTexts] ?? '', 'utf8');
    if (text.length > room - (name === 'controller' ? 0 : 1)) throw new Error(`${name} is too long`);
    text.copy(bytes, offset);
  }
  return bytes;
}

/** The parameters of a dialect; grains in sectors. */
export interface CowdDialect {
  readonly version: 1 | 3;
  readonly entries: 512 | 4096;
  readonly baseGrain: number;
  readonly redoGrain: number;
  readonly redoCapacity: 'span' | 'disk';
}

export const cowdDialects = {
  hybrid: { version: 3, entries: 4096, baseGrain: 16, redoGrain: 8, redoCapacity: 'span' },
  ws3: { version: 3, entries: 512, baseGrain: 128, redoGrain: 128, redoCapacity: 'disk' },
  esx: { version: 1, entries: 4096, baseGrain: 1, redoGrain: 1, redoCapacity: 'span' },
  vmware2: { version: 1, entries: 512, baseGrain: 32, redoGrain: 32, redoCapacity: 'span' },
} as const satisfies Record<string, CowdDialect>;

export type CowdDialectName = keyof typeof cowdDialects;

/** The number of entries in a table, which no header says: only one of two may fit, and small disks have a rule. */
export function entriesPerTable(header: CowdNumbers): 512 | 4096 {
  const { numSectors, grainSize, numGDEntries, version } = header;
  const fits = (entries: number) => Math.ceil(numSectors / (grainSize * entries)) === numGDEntries;
  if (fits(512) && fits(4096)) return grainSize <= (version === 3 ? 16 : 8) ? 4096 : 512;
  if (fits(4096)) return 4096;
  if (fits(512)) return 512;
  throw new Error(`${String(numGDEntries)} directory entries fit neither 512 nor 4096 entries a table`);
}

/** What our own line in the description says. */
export interface LinkLine {
  content: string;
  link: string;
  parent: string | undefined;
  owner: string | undefined;
  relpath: string | undefined;
  marks: string;
}

/** Undefined in files of other programs. */
export function parseLinkLine(description: string): LinkLine | undefined {
  const found =
    /^redoubt1 content=([0-9a-f]{32}) link=([0-9a-f]{32}) parent=([0-9a-f]{32}|-) owner=([0-9a-f]{32}|-)((?: (?!relpath=)\S+)*)(?: relpath=(.*))?$/.exec(
      description,
    );
  if (found === null) return undefined;
  const [, content = '', link = '', parent = '-', owner = '-', marks = '', relpath] = found;
  const known = (id: string) => (id === '-' ? undefined : id);
  return { content, link, parent: known(parent), owner: known(owner), relpath, marks: marks.trim() };
}

export function formatLinkLine({ content, link, parent, owner, relpath, marks }: LinkLine): string {
  const line = `redoubt1 content=${content} link=${link} parent=${parent ?? '-'} owner=${owner ?? '-'}`;
  return `${line}${marks === '' ? '' : ` ${marks}`}${relpath === undefined ? '' : ` relpath=${relpath}`}`;
}

/** The name of a segment, by the name of the first one: `-02` and so on before the first extension. */
export function segmentName(first: string, ordinal: number): string {
  if (ordinal === 0) return first;
  const number = String(ordinal + 1).padStart(2, '0');
  const found = /^(.*?)((?:\.vmdk|\.dsk)(?:_[a-z0-9]{6})?(?:\.REDO(?:_[a-z0-9]{1,16})?|\.was_[0-9a-f]{6})*)$/is.exec(
    first,
  );
  if (found === null) throw new Error(`${first} is no name of a disk`);
  return `${found[1] ?? ''}-${number}${found[2] ?? ''}`;
}
