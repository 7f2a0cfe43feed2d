import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endChild, startChild, type OwnedChild } from '../../core/base/child-process.ts';

/** A server under measurement, in a process of its own. */
export interface NbdServerProcess {
  readonly uri: string;
  readonly socketPath: string;
  /** Processor time that it has used so far, in seconds. */
  cpuSeconds(): number;
  /** The most memory that it had so far, in MiB. */
  peakMemoryMib(): number;
  stop(): Promise<void>;
}

/** `simple` is what machines give their guests, `structured` what other clients get. */
export type Replies = 'simple' | 'structured';

/** Serves a disk of ours with the command that users have, as built; writes go to `redo` where there is one. */
export async function serveOurs(
  socketPath: string,
  file: string,
  { redo, replies = 'simple' }: { redo?: string; replies?: Replies } = {},
): Promise<NbdServerProcess> {
  const command = join(import.meta.dirname, '..', '..', 'build', 'bin', 'redoubt.cjs');
  const mode = redo === undefined ? ['--mode', 'persistent'] : ['--mode', 'undoable', '--redo', redo];
  const flags = replies === 'simple' ? ['--simple-replies'] : [];
  const args = [command, 'disk', 'serve', file, '--socket', socketPath, ...mode, ...flags];
  return serving(await startChild(process.execPath, args), socketPath);
}

/** Serves a qcow2 image with qemu-nbd's default options; as many clients at once as ours takes. */
export async function serveQcow2(socketPath: string, image: string): Promise<NbdServerProcess> {
  return serving(await startChild('qemu-nbd', ['-f', 'qcow2', '-k', socketPath, '-t', '-e', '16', image]), socketPath);
}

/** Serves no disk at all: see bare-server.ts. */
export async function serveNothing(socketPath: string, sizeBytes: number): Promise<NbdServerProcess> {
  const program = join(import.meta.dirname, 'bare-server.ts');
  const args = ['--import', import.meta.resolve('tsx'), program, socketPath, String(sizeBytes)];
  return serving(await startChild(process.execPath, args), socketPath);
}

const startLimitMs = 20_000;

async function serving(child: OwnedChild, socketPath: string): Promise<NbdServerProcess> {
  const until = Date.now() + startLimitMs;
  while (!(await accepts(socketPath))) {
    if (child.process.exitCode !== null || Date.now() > until) {
      await endChild(child.process);
      throw new Error(`a server did not start: ${child.errorTail()}`);
    }
    await delay(20);
  }
  return {
    socketPath,
    uri: `nbd+unix:///?socket=${socketPath}`,
    cpuSeconds: () => cpuSecondsOf(child.pid),
    peakMemoryMib: () => peakMemoryMibOf(child.pid),
    stop: async () => {
      await endChild(child.process, { patienceMs: 10_000 });
    },
  };
}

function accepts(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}

/** Linux counts in hundredths of a second. */
const ticksPerSecond = 100;

/** User and system time of all threads, from /proc; 0 where there is none. */
function cpuSecondsOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return 0;
  }
}

/** Resident set, as /proc has it; 0 where there is none. */
function peakMemoryMibOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
