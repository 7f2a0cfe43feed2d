import {
  cowdFields,
  cowdRootFields,
  cowdTexts,
  cowdVersion1Fields,
  cowdVersion3Fields,
  entriesPerTable,
  parseCowdHeader,
} from '../cowd-layout.ts';
import {
  fieldChange,
  fieldVariants,
  lengthVariants,
  painfulNames,
  painfulNumbers,
  patched,
  type Variant,
} from './variant.ts';

/** All that may be wrong in one COWD file. `others` are the names of the files it could be confused with. */
export function cowdVariants(file: string, bytes: Buffer, others: readonly string[]): Variant[] {
  const header = parseCowdHeader(bytes);
  const isRoot = (header.flags & 1) !== 0;
  const fields = {
    ...cowdFields,
    ...(isRoot ? cowdRootFields : {}),
    ...(header.version === 3 ? cowdVersion3Fields : cowdVersion1Fields),
  };
  return [
    ...fieldVariants(file, bytes, fields),
    ...flagVariants(file, header.flags),
    ...textVariants(file, isRoot, others),
    ...entryVariants(file, bytes),
    ...pairVariants(file, bytes),
    ...lengthVariants(file, bytes, [512, 2048, ...bordersOf(bytes), bytes.length - 512]),
  ];
}

function bordersOf(bytes: Buffer): number[] {
  const { gdOffset, numGDEntries } = parseCowdHeader(bytes);
  const tables = tablesOf(bytes).map((table) => table.sector * 512);
  return [gdOffset * 512, gdOffset * 512 + numGDEntries * 4, ...tables];
}

interface Table {
  /** Where the directory names it. */
  readonly entryOffset: number;
  readonly sector: number;
}

function tablesOf(bytes: Buffer): Table[] {
  const { gdOffset, numGDEntries } = parseCowdHeader(bytes);
  const offsets = Array.from({ length: numGDEntries }, (_, index) => gdOffset * 512 + index * 4);
  return offsets
    .map((entryOffset) => ({ entryOffset, sector: bytes.readUInt32LE(entryOffset) }))
    .filter(({ sector }) => sector !== 0);
}

function flagVariants(file: string, now: number): Variant[] {
  const single = Array.from({ length: 32 }, (_, bit) => (now ^ (2 ** bit)) >>> 0);
  return [...single, 0x04, 0x1f, 0xff].map((flags) => ({
    name: `${file}: flags are 0x${flags.toString(16)}`,
    changes: [fieldChange(file, cowdFields.flags, flags)],
  }));
}

function textVariants(file: string, isRoot: boolean, others: readonly string[]): Variant[] {
  const put = (field: keyof typeof cowdTexts, what: string, text: Buffer): Variant => {
    const { offset, bytes: room } = cowdTexts[field];
    const whole = Buffer.alloc(room);
    text.copy(whole, 0, 0, room);
    return { name: `${file}: ${field} is ${what}`, changes: [patched(file, offset, whole)] };
  };
  const names = isRoot ? [] : painfulNames(file, others).map(({ what, text }) => put('parentFileName', what, text));
  const ids = ['content', 'link', 'parent', 'owner'].map((key) => `${key}=${key.length.toString(16).repeat(32)}`);
  const line = `redoubt1 ${ids.join(' ')}`;
  const lines = [
    '',
    'redoubt1',
    'redoubt1 ',
    'redoubt2 content=00000000000000000000000000000000',
    line,
    `${line} relpath=`,
    `${line} committing=${'f'.repeat(32)}`,
    `${line} stands-for=${'f'.repeat(32)}:4294967295`,
    `${line} stands-for=${'f'.repeat(32)}:99999999999999999999`,
    `${line} mixed`,
    `${line} committing=${'f'.repeat(32)} mixed committing=${'e'.repeat(32)} stands-for=x`,
    `${line} unknown=1 more`,
    line.replace('content=', 'content=XYZ'),
    line.replaceAll('=', ' '),
    line.toUpperCase(),
    line.replaceAll('-', '0').slice(0, 60),
    `${line}\n${line}`,
    `${line} ${'x'.repeat(600)}`,
    `${line} relpath=${'../'.repeat(200)}`,
    ...painfulNames(file, others).map(({ text }) => `${line} relpath=${text.toString('latin1')}`),
  ];
  return [
    ...names,
    ...lines.map((text) => put('description', JSON.stringify(text.slice(0, 200)), Buffer.from(text, 'latin1'))),
    put('description', 'all 0xff', Buffer.alloc(512, 0xff)),
    put('name', 'all 0xff', Buffer.alloc(60, 0xff)),
    put('controller', 'all 0xff', Buffer.alloc(8, 0xff)),
    put('controller', 'floppy', Buffer.from('floppy')),
  ];
}

/** Entries of the directory and of tables that point where they must not. */
function entryVariants(file: string, bytes: Buffer): Variant[] {
  const header = parseCowdHeader(bytes);
  const tables = tablesOf(bytes);
  const variants: Variant[] = [];
  const spoil = (what: string, offset: number, sectors: readonly number[]) => {
    const now = BigInt(bytes.readUInt32LE(offset));
    const values = [...painfulNumbers(now, bytes.length, 4), 4n, ...sectors.map(BigInt)];
    for (const value of new Set(values)) {
      const patch = Buffer.alloc(4);
      patch.writeUInt32LE(Number(value));
      variants.push({
        name: `${file}: ${what} is ${String(value)} instead of ${String(now)}`,
        changes: [patched(file, offset, patch)],
        sharesPlaces: true,
      });
    }
  };
  const places = [0, Math.floor(header.numGDEntries / 2), header.numGDEntries - 1];
  const known = tables.map(({ sector }) => sector);
  for (const index of new Set(places)) {
    spoil(`directory entry ${String(index)}`, header.gdOffset * 512 + index * 4, [
      ...known,
      ...known.map((one) => one + 1),
    ]);
  }
  const [table] = tables;
  if (table === undefined) return variants;
  const entries = entriesPerTable(header);
  const at = (index: number) => table.sector * 512 + index * 4;
  const values = Array.from({ length: entries }, (_, index) => bytes.readUInt32LE(at(index)));
  const held = values.findIndex((value) => value !== 0);
  const free = values.findIndex((value) => value === 0);
  const grains = values.filter((value) => value !== 0).slice(0, 2);
  for (const index of new Set([held, free, entries - 1].filter((one) => one >= 0))) {
    spoil(`entry ${String(index)} of the first table`, at(index), [table.sector, table.sector + 1, ...grains]);
  }
  // Everything at once: all entries the same, all rubbish.
  const fill = (what: string, value: number): Variant => {
    const patch = Buffer.alloc(entries * 4);
    for (let index = 0; index < entries; index++) patch.writeUInt32LE(value, index * 4);
    const name = `${file}: all entries of the first table are ${what}`;
    return { name, changes: [patched(file, at(0), patch)], sharesPlaces: true };
  };
  variants.push(
    fill('the same grain', grains[0] ?? 4),
    fill('0xffffffff', 0xffff_ffff),
    fill('the header', 0),
    fill('the table itself', table.sector),
  );
  return variants;
}

/** Numbers that are wrong together, so that they pass the checks of each alone. */
function pairVariants(file: string, bytes: Buffer): Variant[] {
  const { grainSize } = parseCowdHeader(bytes);
  const together = (what: string, values: Partial<Record<keyof typeof cowdFields, number>>): Variant => ({
    name: `${file}: ${what}`,
    changes: [
      {
        file,
        change: (whole) => {
          for (const [name, value] of Object.entries(values)) {
            whole.writeUInt32LE(value >>> 0, cowdFields[name as keyof typeof cowdFields].offset);
          }
          return whole;
        },
      },
    ],
  });
  const largest = 0xffff_ffff;
  return [512, 4096].flatMap((entries) => [
    together(`the largest disk, ${String(entries)} entries`, {
      numSectors: largest,
      numGDEntries: Math.ceil(largest / (grainSize * entries)),
    }),
    together(`the largest disk of the smallest grains, ${String(entries)} entries`, {
      numSectors: largest,
      grainSize: 1,
      numGDEntries: Math.ceil(largest / entries),
    }),
    together(`the largest grains, ${String(entries)} entries`, { grainSize: 2 ** 31, numGDEntries: 1 }),
    together(`one sector, ${String(entries)} entries`, { numSectors: 1, numGDEntries: 1 }),
    together(`a directory at the end of the file, ${String(entries)} entries`, {
      gdOffset: Math.floor(bytes.length / 512) - 1,
    }),
  ]);
}
