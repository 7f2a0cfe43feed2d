import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { painfulNames, type Variant } from './variant.ts';

type Json = Readonly<Record<string, unknown>>;

const id = (digit: string): string => digit.repeat(32);

/** What stands beside a disk, as it should be; `first` is the name of the first file that it belongs to. */
function soundSideFiles(first: string): Readonly<Record<'children' | 'commit' | 'redoubt', Json>> {
  return {
    children: { redoubt: 1, children: [{ path: `${first}.REDO`, link: id('1'), owner: null }] },
    commit: {
      redoubt: 1,
      child: { link: id('1'), content: id('2'), path: `${first}.REDO` },
      parent: { link: id('3'), oldContent: id('4'), newContent: id('5'), oldGeneration: 1, newGeneration: 2 },
      oldState: null,
      syncedBytes: 0,
      phase: 'copying',
    },
    redoubt: {
      redoubt: 1,
      link: id('3'),
      content: id('4'),
      generation: 7,
      committing: null,
      mixed: false,
      samples: null,
      size: 4096,
    },
  };
}

/** Files beside a disk that say anything at all, or are no files. */
export function sideFileVariants(first: string): Variant[] {
  return Object.entries(soundSideFiles(first)).flatMap(([extension, sound]) => {
    const name = `${first}.${extension}`;
    const texts: [string, string | Buffer][] = [
      ['as it should be', JSON.stringify(sound)],
      ['empty', ''],
      ['no JSON', '{ "redoubt": 1,'],
      ['null', 'null'],
      ['a number', '1e999'],
      ['a list', '[]'],
      ['very deep', '['.repeat(200_000) + ']'.repeat(200_000)],
      ['very long', JSON.stringify({ ...sound, more: 'x'.repeat(20_000_000) })],
      ['not UTF-8', Buffer.alloc(5000, 0xff)],
      ['of another version', JSON.stringify({ ...sound, redoubt: 2 })],
      ['about a prototype', '{ "__proto__": { "redoubt": 1 }, "constructor": 1 }'],
      ...spoiled(sound).map(([what, value]): [string, string] => [what, JSON.stringify(value)]),
    ];
    return [
      ...texts.map(([what, text]) => withFile(`${name}: ${what}`, (path) => writeFileSync(path, text), name)),
      withFile(`${name}: a folder`, (path) => mkdirSync(path), name),
      withFile(`${name}: a pipe`, (path) => execFileSync('mkfifo', [path]), name),
      withFile(`${name}: a link to /dev/zero`, (path) => symlinkSync('/dev/zero', path), name),
      withFile(`${name}: a link to itself`, (path) => symlinkSync(name, path), name),
      withFile(`${name}: a link to nothing`, (path) => symlinkSync('nobody-is-here', path), name),
    ];
  });
}

/** Locks that nobody holds, and what is no lock. A gate that somebody left is waited for, longer than a test waits. */
export function lockVariants(first: string): Variant[] {
  const folder = `${first}.lck`;
  const holder = JSON.stringify({ machine: 'x', boot: 'y', pid: 1, started: 0, token: 'z', heartbeat: 0 });
  const inside = (what: string, put: (path: string) => void): Variant =>
    withFile(
      `${folder}: ${what}`,
      (path) => {
        mkdirSync(path);
        put(path);
      },
      folder,
    );
  return [
    withFile(`${folder}: a file`, (path) => writeFileSync(path, 'x'), folder),
    withFile(`${folder}: a pipe`, (path) => execFileSync('mkfifo', [path]), folder),
    withFile(`${folder}: a link to /`, (path) => symlinkSync('/', path), folder),
    inside('empty', () => undefined),
    inside('a holder without words', (path) => writeFileSync(join(path, 'holder.json'), '')),
    inside('a holder of rubbish', (path) => writeFileSync(join(path, 'holder.json'), Buffer.alloc(9000, 0xff))),
    inside('a holder of another kind', (path) => writeFileSync(join(path, 'holder.json'), holder)),
    inside('a holder that is a pipe', (path) => execFileSync('mkfifo', [join(path, 'holder.json')])),
    inside('a holder that is a folder', (path) => mkdirSync(join(path, 'holder.json'))),
    inside('20,000 holders', (path) => {
      for (let index = 0; index < 20_000; index++) writeFileSync(join(path, `${String(index)}.json`), holder);
    }),
  ];
}

function withFile(name: string, put: (path: string) => unknown, file: string): Variant {
  return {
    name,
    changes: [],
    add: (folder) => {
      put(join(folder, file));
    },
  };
}

/** Every value in a document, however deep, replaced by values of other kinds, and left out. */
function spoiled(document: Json): [string, unknown][] {
  return Object.entries(document).flatMap(([key, now]): [string, unknown][] => {
    const { [key]: _gone, ...rest } = document;
    const others = [null, true, -1, 0, 0.5, 1e300, 2 ** 53, '', 'x'.repeat(32), id('f'), [], {}, [[]], [null]];
    const names =
      typeof now === 'string' ? painfulNames('disk.vmdk', []).map(({ text }) => text.toString('latin1')) : [];
    const inside: [string, unknown][] =
      typeof now === 'object' && now !== null
        ? spoiled((Array.isArray(now) ? (now[0] as Json) : now) as Json).map(([what, value]) => [
            `${key}.${what}`,
            { ...document, [key]: Array.isArray(now) ? [value] : value },
          ])
        : [];
    return [
      [`without ${key}`, rest],
      ...[...others, ...names].map((value): [string, unknown] => [
        `${key} is ${JSON.stringify(value).slice(0, 60)}`,
        { ...document, [key]: value },
      ]),
      ...inside,
    ];
  });
}
