import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { discardRedoLog } from '../../../core/disk/discard.ts';
import { loadConfiguration } from '../../../core/machines/configuration-file.ts';
import { absoluteFrom } from '../../../core/machines/machine-configuration.ts';
import { MachineIndex } from '../../../core/machines/machine-index.ts';
import { followOldState, followOldStates } from '../../../core/machines/old-state-disks.ts';
import { contentOf, makeBase, makeLog, mib, writeDisk } from '../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

let folder: TempFolder;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(() => {
  folder.remove();
});

/** A machine on the base with a kept log of its own, in a folder of its own. */
async function makeMachine(base: string, name: string): Promise<{ configPath: string; redo: string }> {
  mkdirSync(folder.at(name));
  const redo = await makeLog(base, { directory: folder.at(name) });
  await writeDisk(base, redo, [[2 * mib, name.length]]);
  const configPath = folder.at(name, `${name}.vmx`);
  const lines = [`ide0:0.present = "TRUE"`, `ide0:0.fileName = "${base}"`, `ide0:0.mode = "undoable"`];
  writeFileSync(configPath, `# ours\n${lines.join('\n')}\nide0:0.redo = "${redo}"\nunknown = "kept"\n`);
  return { configPath, redo };
}

const diskOf = (configPath: string): string | undefined => {
  const { disks, directory } = loadConfiguration(configPath);
  return disks[0] && absoluteFrom(directory, disks[0].fileName);
};

describe('a machine whose log lies over an old state', () => {
  it('gets that as its disk, and a discard leads back to what it started from', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    await writeDisk(base, undefined, [[0, 1, 100_000]]);
    const started = await contentOf(base);
    const [one, two] = [await makeMachine(base, 'one'), await makeMachine(base, 'second')];
    const index = new MachineIndex(
      [one, two].map(({ configPath }) => ({
        id: configPath,
        configuration: loadConfiguration(configPath),
        diskPaths: [base],
        redoPaths: [],
      })),
    );
    await followOldState(loadConfiguration(two.configPath), {});
    expect(diskOf(two.configPath)).toBe(base);
    const { oldState } = await commitRedoLog({ redo: one.redo, dependents: 'preserve' });
    await followOldStates(index, {});
    expect(diskOf(one.configPath)).toBe(base);
    expect(diskOf(two.configPath)).toBe(oldState);
    const text = readFileSync(two.configPath, 'utf8');
    expect(text).toContain('# ours');
    expect(text).toContain('unknown = "kept"');
    expect(loadConfiguration(two.configPath).disks[0]).toMatchObject({ mode: 'undoable', redo: two.redo });
    await writeDisk(oldState as string, two.redo, [[0, 9]]);
    await discardRedoLog({ redo: two.redo });
    expect(await contentOf(diskOf(two.configPath) as string)).toBe(started);
    const again = await followOldState(loadConfiguration(two.configPath), {});
    expect(absoluteFrom(again.directory, again.disks[0]?.fileName ?? '')).toBe(oldState);
  });
});
