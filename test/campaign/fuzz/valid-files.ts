import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { createBase } from '../../../core/disk/create/create-base.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import type { DialectName } from '../../../core/disk/formats/cowd/dialect.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { memoryRoot } from '../../support/memory-host/memory-host.ts';
import { makeSmallBase } from '../../support/small-disk.ts';

export const fuzzFolder = `${memoryRoot}/fuzz`;

/** A disk that is opened after one of its files was damaged. */
export interface FuzzTarget {
  /** What is opened: a base or a log. */
  readonly file: string;
  readonly parent?: string;
  /** Everything that opening it may read. */
  readonly files: readonly string[];
}

/**
 * Makes valid files of every format, with logs over them, and with all the side files there are: lists of children,
 * books of other formats, a commit that was cut off, a lock.
 */
export async function makeValidFiles(): Promise<FuzzTarget[]> {
  mkdirSync(fuzzFolder, { recursive: true });
  const targets: FuzzTarget[] = [];
  const target = async (name: string, make: (folder: string) => Promise<string>): Promise<void> => {
    const folder = join(fuzzFolder, name);
    mkdirSync(folder);
    const base = await make(folder);
    await write(base, undefined);
    const { file } = await createRedoLog({ parent: base, randomSuffix: false, context: trusting(base) });
    await write(base, file);
    targets.push({ file, parent: base, files: filesBelow(folder) });
  };
  for (const dialect of ['hybrid', 'ws3'] as const satisfies readonly DialectName[])
    await target(dialect, (folder) =>
      Promise.resolve(makeSmallBase(folder, 'disk.vmdk', dialect === 'ws3' ? [1024, 640] : [1024, 333], { dialect })),
    );
  for (const dialect of ['esx', 'vmware2'] as const)
    await target(dialect, (folder) => Promise.resolve(makeSmallBase(folder, 'disk.vmdk', [1280], { dialect })));
  for (const split of [false, true])
    await target(`vmdk-${String(split)}`, async (folder) => {
      const made = await createBase({
        file: join(folder, 'disk.vmdk'),
        capacityBytes: 700 * 1024,
        split,
        bus: 'ide',
        format: 'vmdk',
      });
      return made.files[0] as string;
    });
  await target('raw', (folder) => {
    writeFileSync(join(folder, 'disk.raw'), new Uint8Array(700 * 1024));
    return Promise.resolve(join(folder, 'disk.raw'));
  });
  await target('flat', (folder) => {
    writeFileSync(join(folder, 'disk-flat.vmdk'), new Uint8Array(1400 * 512));
    const lines = [
      '# Disk DescriptorFile',
      'version=1',
      'CID=12345678',
      'parentCID=ffffffff',
      'createType="monolithicFlat"',
      '',
      'RW 1400 FLAT "disk-flat.vmdk" 0',
      '',
      'ddb.adapterType = "ide"',
    ];
    writeFileSync(join(folder, 'disk.vmdk'), `${lines.join('\n')}\n`);
    return Promise.resolve(join(folder, 'disk.vmdk'));
  });
  const cut = join(fuzzFolder, 'cut');
  mkdirSync(cut);
  const base = makeSmallBase(cut, 'disk.vmdk', [1024, 333]);
  const { file } = await createRedoLog({ parent: base, randomSuffix: false });
  await write(base, file);
  const stop = new AbortController();
  await commitRedoLog(
    { redo: file, signal: stop.signal },
    {
      reached: (point) => {
        if (point === 'parent-marked') stop.abort();
      },
    },
  ).catch(() => undefined);
  targets.push({ file, parent: base, files: filesBelow(cut) });
  // A session that is never closed: its locks stay.
  await openDiskSession({ file: base, mode: 'undoable', redo: file });
  targets.push({ file, parent: base, files: filesBelow(cut) });
  return targets;
}

export function trusting(base: string): { trustedPaths: string[] } {
  return { trustedPaths: [base] };
}

async function write(base: string, redo: string | undefined): Promise<void> {
  const session = await openDiskSession({
    file: base,
    context: trusting(base),
    ...(redo === undefined ? { mode: 'persistent' as const } : { mode: 'undoable' as const, redo }),
  });
  await session.device.write(3000, [new Uint8Array(120_000).fill(5)]);
  await session.device.write(session.device.sizeBytes - 9000, [new Uint8Array(9000).fill(6)]);
  await session.close();
}

export function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

export function contentsOf(files: readonly string[]): Map<string, Buffer> {
  return new Map(files.filter((file) => existsSync(file)).map((file) => [file, readFileSync(file)]));
}
