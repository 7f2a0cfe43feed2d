import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandProcess } from '../support/command-process.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { makeTempFolder } from '../support/temp-folder.ts';
import { Picture } from './independent/picture.ts';
import { expectReadable, scribble, whileServed } from './served-disks.ts';

const mib = 1024 * 1024;

let program: CommandProcess;
beforeAll(async () => {
  program = await CommandProcess.start();
});
afterAll(() => program.end());

describe('copies and compacted disks are read by the second implementation', () => {
  it.each([
    ['hybrid', []],
    ['ws3', ['--dialect', 'ws3']],
    ['esx', ['--dialect', 'esx', '--no-split']],
    ['vmware2', ['--dialect', 'vmware2']],
    ['vmdk', ['--format', 'vmdk']],
    ['monolithicFlat', ['--format', 'monolithicFlat']],
    ['twoGbMaxExtentFlat', ['--format', 'twoGbMaxExtentFlat']],
    ['streamOptimized', ['--format', 'streamOptimized']],
    ['raw', ['--format', 'raw']],
  ] as const)('a chain converted to %s', async (name, args) => {
    using folder = makeTempFolder();
    const random = new SeededRandom(name.length);
    const picture = new Picture(40 * mib + 512);
    const file = folder.at('disk.vmdk');
    await program.ok('disk', 'create', file, '--size', String(picture.sizeBytes));
    await whileServed(program, folder, file, ['--mode', 'persistent'], (disk) => scribble(disk, picture, [], random));
    const redo = await whileServed(program, folder, file, ['--mode', 'undoable'], async (disk, log) => {
      await scribble(disk, picture, [], random);
      return log ?? '';
    });
    const copy = folder.at(name === 'raw' ? 'copy.img' : 'copy.vmdk');
    await program.ok('disk', 'convert', redo, copy, ...args);
    expectReadable(copy, picture);
    expect(await program.run(['disk', 'check', copy])).toMatchObject({ status: 0 });
    await program.ok('disk', 'shrink', redo);
    expectReadable(redo, picture);
  });
});
