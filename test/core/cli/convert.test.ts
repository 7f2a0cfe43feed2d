import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { convertDisk } from '../../../core/convert/convert.ts';
import { mib } from '../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

describe('redoubt disk convert as a process', () => {
  let folder: TempFolder;
  let source: string;
  beforeEach(() => {
    folder = makeTempFolder();
    source = folder.at('source.raw');
    writeFileSync(source, Buffer.alloc(256 * mib, 1));
  });
  afterEach(() => {
    folder.remove();
  });

  /** Starts it, and sends a signal as soon as it says that it copies. */
  async function interrupt(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    const program = join(import.meta.dirname, '../../../core/cli/main.ts');
    const args = ['--import', import.meta.resolve('tsx'), program, 'disk', 'convert', source, folder.at('a.vmdk')];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.once('data', () => child.kill(signal));
    const [code, killed] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? killed ?? 'SIGKILL';
  }

  it('[V2] leaves nothing when it is interrupted', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      expect(await interrupt(signal)).toBe(1);
      expect(readdirSync(folder.path)).toEqual(['source.raw']);
    }
  }, 60_000);

  it('[V5] leaves nothing under the target’s name when it is killed, and the next one clears up', async () => {
    expect(await interrupt('SIGKILL')).toBe('SIGKILL');
    const left = readdirSync(folder.path).filter((name) => !name.startsWith('source.raw'));
    expect(left).toEqual([expect.stringMatching(/^\.redoubt-staging-[0-9a-f]{12}$/)]);
    writeFileSync(folder.at('small.raw'), Buffer.alloc(512, 1));
    await convertDisk({ source: folder.at('small.raw'), target: folder.at('a.vmdk') });
    const now = readdirSync(folder.path).filter((name) => !name.endsWith('.lck'));
    expect(now.sort()).toEqual(['a.vmdk', 'small.raw', 'source.raw']);
  }, 60_000);
});
