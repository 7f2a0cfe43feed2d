import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { endChild, startChild } from '../../core/base/child-process.ts';

const run = promisify(execFile);
const program = ['--import', import.meta.resolve('tsx'), join(import.meta.dirname, '../../core/cli/main.ts')];

/** Runs `redoubt …` from the sources to its end and resolves with what it printed. Rejects if it fails. */
export async function redoubt(...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [...program, ...args]);
  return stdout;
}

export interface ServedDisk {
  readonly uri: string;
  /** The log that takes the writes, if there is one. */
  readonly redo: string | undefined;
  /** What it said beside its output so far. */
  errors(): string;
  /** Asks it to end as a person would, and resolves when it has. Rejects if it reports a failure. */
  stop(): Promise<void>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
}

/** `redoubt disk serve FILE --socket SOCKET …` as a process of its own, ready for connections. */
export async function serveDisk(file: string, socket: string, ...args: string[]): Promise<ServedDisk> {
  const child = await startChild(process.execPath, [...program, 'disk', 'serve', file, '--socket', socket, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const isReady = await new Promise<boolean>((resolve) => {
    child.process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.endsWith('ready\n')) resolve(true);
    });
    void child.exited.then(() => {
      resolve(false);
    });
  });
  if (!isReady) throw new Error(`redoubt disk serve: ${child.errorTail()}`);
  return {
    uri: `nbd+unix:///?socket=${socket}`,
    redo: /^redo (.+)$/m.exec(said)?.[1],
    errors: () => child.errorTail(),
    kill: async () => {
      child.process.kill('SIGKILL');
      await child.exited;
    },
    stop: async () => {
      const { code } = await endChild(child.process, { patienceMs: 10_000 });
      if (code !== 0) throw new Error(`redoubt disk serve: ${child.errorTail()}`);
    },
  };
}
