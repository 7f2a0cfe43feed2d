import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitToCopy } from '../../../../core/disk/commit/commit-to-copy.ts';
import {
  contentOf,
  fingerprint,
  fingerprintFolder,
  makeBase,
  makeLog,
  mib,
  writeDisk,
} from '../../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

let folder: TempFolder;
let base: string;
let log: string;
beforeEach(async () => {
  folder = makeTempFolder();
  base = await makeBase(folder.at('disk.vmdk'));
  await writeDisk(base, undefined, [[0, 1, 100_000]]);
  log = await makeLog(base);
  await writeDisk(base, log, [
    [50_000, 3, 100_000],
    [5 * mib + 17, 4],
  ]);
});
afterEach(() => {
  folder.remove();
});

describe('a commit to a new copy', () => {
  it('[C14] [V5] has its name when it is complete, and reads as the log', async () => {
    const untouched = fingerprint([base, log]);
    const file = folder.at('copy.vmdk');
    const seen = new Set<boolean>();
    const copied = await commitToCopy({
      redo: log,
      file,
      onProgress: ({ phase }) => {
        if (phase === 'copying') seen.add(existsSync(file));
      },
    });
    expect(seen).toEqual(new Set([false]));
    expect(copied).toMatchObject({ file, files: [file] });
    expect(await contentOf(file)).toBe(await contentOf(log));
    expect(fingerprint([base, log])).toEqual(untouched);
    expect(readdirSync(folder.path).sort()).toEqual(['copy.vmdk', 'disk.vmdk', 'disk.vmdk.REDO', 'disk.vmdk.children']);
  });

  it('[V2] that is stopped leaves nothing', async () => {
    const before = fingerprintFolder(folder.path);
    const abort = new AbortController();
    const stopped = commitToCopy({
      redo: log,
      file: folder.at('copy.vmdk'),
      signal: abort.signal,
      onProgress: ({ phase }) => {
        if (phase === 'copying') abort.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'job.cancelled' });
    expect(fingerprintFolder(folder.path)).toEqual(before);
    expect(readdirSync(folder.path)).toHaveLength(3);
  });

  it.each(['copy.vmdk', 'copy.vmdk.commit', 'copy.vmdk.redoubt'])(
    '[V4] is refused where there is a %s',
    async (name) => {
      writeFileSync(folder.at(name), 'mine');
      const before = fingerprintFolder(folder.path);
      const refused = { code: 'disk.exists', details: { file: folder.at(name) } };
      await expect(commitToCopy({ redo: log, file: folder.at('copy.vmdk') })).rejects.toMatchObject(refused);
      expect(fingerprintFolder(folder.path)).toEqual(before);
    },
  );

  it('[V4] puts nothing over what got the name meanwhile', async () => {
    const file = folder.at('copy.vmdk');
    const refused = commitToCopy({
      redo: log,
      file,
      onProgress: ({ phase }) => {
        if (phase === 'copying') writeFileSync(file, 'mine');
      },
    });
    await expect(refused).rejects.toMatchObject({ code: 'disk.exists' });
    expect(readdirSync(folder.path)).toHaveLength(4);
  });
});
