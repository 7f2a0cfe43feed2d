import { painfulNames, patched, type FileChange, type Variant } from './variant.ts';

const hugeNumber = '9'.repeat(400);

/**
 * All that may be wrong in a descriptor, whether it is a file or lies in sectors 1 to 20 of a sparse one. Lines
 * go, come twice, say other things; the whole is made too long, too short, of other bytes.
 */
export function descriptorVariants(file: string, bytes: Buffer, others: readonly string[]): Variant[] {
  const isEmbedded = bytes.toString('latin1', 0, 4) === 'KDMV';
  const [start, room] = isEmbedded ? [512, 20 * 512] : [0, bytes.length];
  const end = bytes.indexOf(0, start);
  const text = bytes.toString('utf8', start, isEmbedded && end > 0 ? end : start + room);
  const lines = text.split(/\r?\n/);
  const replaced = (whole: string | Buffer): FileChange => {
    const content = Buffer.from(whole as string);
    if (!isEmbedded) return { file, change: () => content };
    return patched(file, start, Buffer.concat([content], room));
  };
  const variants: Variant[] = [];
  const add = (what: string, whole: string | Buffer) => {
    variants.push({ name: `${file}: ${what}`, changes: [replaced(whole)] });
  };
  const withLine = (index: number, ...put: string[]) =>
    [...lines.slice(0, index), ...put, ...lines.slice(index + 1)].join('\n');

  lines.forEach((line, index) => {
    if (line.trim() === '') return;
    add(`without the line ${line}`, withLine(index));
    add(`twice the line ${line}`, withLine(index, line, line));
    add(`half the line ${line}`, withLine(index, line.slice(0, line.length / 2)));
    add(`capitals in ${line}`, withLine(index, line.toUpperCase()));
    if (/^[^#]*=/.test(line)) {
      for (const value of [
        '',
        '""',
        '0',
        '-1',
        '1',
        'ffffffff',
        '"',
        hugeNumber,
        'x'.repeat(5000),
        '"\u0000"',
        '=====',
      ]) {
        add(
          `${line} says ${value.slice(0, 20)}`,
          withLine(
            index,
            line.replace(/=.*/, () => `=${value}`),
          ),
        );
      }
    }
    if (/^RW /.test(line)) for (const [what, put] of extentLines(line, file, others)) add(what, withLine(index, put));
  });
  const many = (count: number) =>
    Array.from({ length: count }, () => lines.find((line) => line.startsWith('RW ')) ?? '');
  const at = lines.findIndex((line) => line.startsWith('RW '));
  add('200 times the extent', withLine(at, ...many(200)));
  if (!isEmbedded) {
    add('100,000 extents', withLine(at, ...many(100_000)));
    add('a line of 8 MiB', `${text}\nx=${'y'.repeat(8_388_608)}`);
    add('64 MiB of comments', `${text}\n${'# nothing to see\n'.repeat(4_000_000)}`);
    add('no end of blanks', `${text}${' '.repeat(1_000_000)}`);
    add('a quote that never ends', withLine(at, `RW 100 FLAT "${'x'.repeat(100_000)}`));
    add('other bytes behind', Buffer.concat([Buffer.from(text), Buffer.alloc(100_000, 0xff)]));
  }
  add('the first line alone', '# Disk DescriptorFile');
  add('no extents', lines.filter((line) => !line.startsWith('RW ')).join('\n'));
  add('a mark of UTF-16', Buffer.from(`\ufeff${text}`, 'utf16le'));
  add('a mark of UTF-8', `\ufeff${text}`);
  add('CR alone', text.replaceAll('\n', '\r'));
  add('a NUL in the middle', `${text.slice(0, text.length / 2)}\0${text.slice(text.length / 2)}`);
  const child = (hint: string, cid = '12345678') =>
    text.replace(/parentCID=.*/, () => `parentCID=${cid}\nparentFileNameHint="${hint}"`);
  for (const { what, text: name } of painfulNames(file, others))
    add(`hangs from ${what}`, child(name.toString('latin1')));
  add('hangs from another CID', child(file, '87654321'));
  add('hangs from nothing', text.replace(/parentCID=.*/, 'parentCID=12345678'));
  for (const type of [
    'vmfs',
    'vmfsSparse',
    'seSparse',
    'custom',
    'fullDevice',
    'partitionedDevice',
    'vmfsRaw',
    'monolithicFlat',
    'streamOptimized',
    'monolithicSparse',
    '2GbMaxExtentSparse',
    '',
  ]) {
    add(
      `type ${type}`,
      text.replace(/createType=.*/, () => `createType="${type}"`),
    );
  }
  return variants;
}

/** What an extent line may say instead. */
function extentLines(line: string, file: string, others: readonly string[]): [string, string][] {
  const [, access = 'RW', sectors = '0', type = 'FLAT', name = '', offset = ''] =
    /^(\S+) (\d+) (\S+) "([^"]*)"(.*)$/.exec(line) ?? [];
  const lineOf = (parts: { access?: string; sectors?: string; type?: string; name?: string; offset?: string }) =>
    `${parts.access ?? access} ${parts.sectors ?? sectors} ${parts.type ?? type} "${parts.name ?? name}"${parts.offset ?? offset}`;
  const numbers = ['0', '1', '-1', '0x10', '1.5', '1e9', String(Number(sectors) - 1), String(Number(sectors) + 1)];
  const large = ['4294967295', '4294967296', '9007199254740993', '18446744073709551615', hugeNumber];
  return [
    ...['RDONLY', 'NOACCESS', 'rw', 'WR', ''].map((word): [string, string] => [
      `access ${word}`,
      lineOf({ access: word }),
    ]),
    ...[...numbers, ...large].map((value): [string, string] => [
      `extent of ${value.slice(0, 30)} sectors`,
      lineOf({ sectors: value }),
    ]),
    ...['FLAT', 'SPARSE', 'ZERO', 'VMFS', 'VMFSSPARSE', 'VMFSRDM', 'VMFSRAW', 'SESPARSE', 'flat', 'PONY', ''].map(
      (word): [string, string] => [`extent of type ${word}`, lineOf({ type: word })],
    ),
    ...painfulNames(file, others).map(({ what, text }): [string, string] => [
      `extent in ${what}`,
      lineOf({ name: text.toString('latin1') }),
    ]),
    ...['', ' 0', ' 1', ' -1', ...large.map((value) => ` ${value}`)].map((value): [string, string] => [
      `extent from ${value.slice(0, 30)}`,
      lineOf({ offset: value }),
    ]),
    ['an extent without its file', `${access} ${sectors} ${type}`],
    ['an extent without a quote', `${access} ${sectors} ${type} "${name}`],
  ];
}
