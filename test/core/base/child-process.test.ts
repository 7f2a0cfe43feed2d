import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { describeExit, endChild, startChild } from '../../../core/base/child-process.ts';

describe('child processes', () => {
  it('a child that obeys the first signal ends by it', async () => {
    const child = await startChild('/bin/sleep', ['60']);
    expect(await endChild(child.process)).toEqual({ signal: 'SIGTERM' });
    expect(await child.exited).toEqual({ signal: 'SIGTERM' });
  });

  it('a child that loses the first signal ends by the second', async () => {
    const script = `trap 'trap - TERM' TERM; echo ready >&2; while :; do sleep 0.02; done`;
    const child = await startChild('/bin/sh', ['-c', script]);
    while (child.errorTail() !== 'ready') await delay(10);
    expect(await endChild(child.process, { patienceMs: 300 })).toEqual({ signal: 'SIGTERM' });
  });

  it('a child that ignores signals is killed', async () => {
    const script = `trap '' TERM; echo ready >&2; while :; do sleep 0.02; done`;
    const child = await startChild('/bin/sh', ['-c', script]);
    while (child.errorTail() !== 'ready') await delay(10);
    expect(await endChild(child.process, { patienceMs: 100 })).toEqual({ signal: 'SIGKILL' });
  });

  it('ending a child that is gone returns how it ended, with the last of its output', async () => {
    const child = await startChild('/bin/sh', ['-c', 'echo gone wrong >&2; exit 3']);
    expect(await child.exited).toEqual({ code: 3 });
    expect(await endChild(child.process)).toEqual({ code: 3 });
    expect(child.errorTail()).toBe('gone wrong');
    expect(describeExit({ code: 3 })).toBe('exit status 3');
  });

  it('a program that is not there rejects with the reason', async () => {
    await expect(startChild('/nonexistent/program', [])).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe.skipIf(process.platform === 'win32')('lifeline', () => {
  it('a child does not outlive its parent, even if the parent is killed', async () => {
    const program = `
      const { openLifeline } = await import('./core/base/lifeline.ts');
      const { startChild } = await import('./core/base/child-process.ts');
      const child = await startChild('/bin/sleep', ['60'], { lifeline: openLifeline() });
      console.log(child.pid);
    `;
    const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', program];
    const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [text] = (await once(parent.stdout.setEncoding('utf8'), 'data')) as [string];
    const pid = Number(text.trim());
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    for (let i = 0; i < 100 && isAlive(pid); i++) await delay(20);
    expect(isAlive(pid)).toBe(false);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
