import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commitRedoLog } from '../../../../core/disk/commit/commit.ts';
import { inspectChain } from '../../../../core/disk/describe/inspect.ts';
import { settleChain } from '../../../../core/disk/commit/settle.ts';
import { contentOf, makeBase, makeLog, mib, writeDisk } from '../../../support/disk-kit.ts';
import { makeTempFolder } from '../../../support/temp-folder.ts';

const script = resolve(import.meta.dirname, '../../../support/commit-and-die.ts');

describe('a commit whose process is killed', () => {
  it.each(['child-recorded', 'parent-marked', 'copying', 'copied', 'unmarked', 'done'])(
    '[C4] after %s reads as before, and the same command ends it',
    async (point) => {
      using folder = makeTempFolder();
      const base = await makeBase(folder.at('disk.vmdk'));
      await writeDisk(base, undefined, [[0, 1, 300_000]]);
      const log = await makeLog(base);
      await writeDisk(base, log, [
        [100_000, 2, 300_000],
        [3 * mib, 3],
      ]);
      const content = await contentOf(log);
      const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), script, log, point], {
        stdio: 'inherit',
      });
      const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
      expect(signal).toBe('SIGKILL');
      expect(await contentOf(log)).toBe(content);
      await commitRedoLog({ redo: log });
      await settleChain(base, {});
      expect(await contentOf(base)).toBe(content);
      // The dead process's own lock on the base lies there until somebody wants it.
      expect(readdirSync(folder.path).filter((name) => name !== 'disk.vmdk.lck')).toEqual(['disk.vmdk']);
      expect((await inspectChain(base)).links[0]?.state).toBe('clean');
    },
    60_000,
  );
});
