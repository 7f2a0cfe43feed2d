import { execFile } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { endChild, startChild } from '../../../core/base/child-process.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

const program = ['--import', import.meta.resolve('tsx'), join(import.meta.dirname, '../../../core/host/main.ts')];
const environment = (folder: TempFolder) => ({ ...process.env, REDOUBT_HOME: folder.at('home') });

async function startHostProgram(folder: TempFolder, ...args: string[]) {
  const child = await startChild(process.execPath, [...program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(folder),
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      resolve(/http:\S+/.exec(text)?.[0] ?? '');
    });
    void child.exited.then(() => {
      reject(new Error(child.errorTail()));
    });
  });
  return { child, url };
}

describe('the host as a program', () => {
  it('prints its address, keeps its token, and ends when it is told to', async () => {
    using folder = makeTempFolder();
    const tokens: string[] = [];
    for (let start = 0; start < 2; start++) {
      const { child, url } = await startHostProgram(folder, '--token-file', folder.at('token'));
      const response = await fetch(url, { redirect: 'manual' });
      expect(response.status).toBe(303);
      tokens.push(new URL(url).searchParams.get('token') ?? '');
      expect(await endChild(child.process, { patienceMs: 10_000 })).toEqual({ code: 0 });
    }
    expect(tokens[0]).toHaveLength(32);
    expect(tokens[1]).toBe(tokens[0]);
    expect(statSync(folder.at('token')).mode & 0o777).toBe(0o600);
  });

  it('refuses a port that is taken, and arguments that mean nothing', async () => {
    using folder = makeTempFolder();
    const { child, url } = await startHostProgram(folder);
    const run = (...args: string[]) =>
      promisify(execFile)(process.execPath, [...program, ...args], { env: environment(folder) });
    await expect(run('--port', new URL(url).port)).rejects.toMatchObject({ code: 1 });
    await endChild(child.process, { patienceMs: 10_000 });
    await expect(run('--port', 'many')).rejects.toMatchObject({ code: 2 });
    await expect(run('--colour')).rejects.toMatchObject({ code: 2 });
    writeFileSync(folder.at('token'), 'short');
    await expect(run('--token-file', folder.at('token'))).rejects.toMatchObject({ code: 1 });
  });
});
