import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Lifeline } from './lifeline.ts';

/** How a child ended. Both are undefined if it never started. */
export interface ChildExit {
  readonly code?: number;
  readonly signal?: NodeJS.Signals;
}

/** A child that somebody owns: whoever starts it ends it. */
export interface OwnedChild {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Resolves when the process is gone and its output has been read; never rejects. */
  readonly exited: Promise<ChildExit>;
  /** The last of what it wrote to stderr, at most 8 KiB. */
  errorTail(): string;
}

const tailLimitBytes = 8192;
/** After its exit a child's pipes may be held open by its own children: we wait no longer than this. */
const drainMs = 500;

/**
 * What this process has started and not yet seen end. A process that exits without having ended them
 * takes them with it, as far as a last synchronous act can; `lifeline.ts` covers the rest.
 */
const living = new Set<ChildProcess>();
let isWatchingExit = false;

function remember(child: ChildProcess): void {
  living.add(child);
  child.once('exit', () => living.delete(child));
  if (isWatchingExit) return;
  isWatchingExit = true;
  process.once('exit', () => {
    for (const one of living) one.kill('SIGKILL');
  });
}

/**
 * Starts a program. stderr is kept (`errorTail`), stdin and stdout are ignored unless `options.stdio` says
 * otherwise. With a lifeline it does not outlive this process. Rejects with the system's own error if the
 * program can't be started.
 */
export async function startChild(
  file: string,
  args: readonly string[],
  { lifeline, ...options }: SpawnOptions & { lifeline?: Lifeline } = {},
): Promise<OwnedChild> {
  const child = spawn(file, [...args], { stdio: ['ignore', 'ignore', 'pipe'], ...options });
  if (child.pid !== undefined) lifeline?.hold(child.pid);
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-tailLimitBytes);
  });
  const exited = childExit(child);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  remember(child);
  return { process: child, pid: child.pid as number, exited, errorTail: () => tail.trim() };
}

/** Resolves when a child is gone, at once if it is already; never rejects. */
export async function childExit(child: ChildProcess): Promise<ChildExit> {
  if (child.pid === undefined) return {};
  if (!hasExited(child)) {
    await new Promise((resolve) => child.once('exit', resolve));
    await Promise.race([drained(child), delay(drainMs, undefined, { ref: false })]);
  }
  return {
    ...(child.exitCode === null ? {} : { code: child.exitCode }),
    ...(child.signalCode === null ? {} : { signal: child.signalCode }),
  };
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function drained(child: ChildProcess): Promise<void> {
  const open = [child.stdout, child.stderr].filter((stream) => stream && !stream.destroyed);
  await Promise.all(open.map((stream) => new Promise((resolve) => stream?.once('close', resolve))));
}

/**
 * Ends a child: signal, wait, signal again, wait, SIGKILL. Asked twice because some programs lose a signal
 * that reaches them while they start (qemu-nbd does). Resolves when the child is gone.
 */
export async function endChild(
  child: ChildProcess,
  { signal = 'SIGTERM', patienceMs = 1500 }: { signal?: NodeJS.Signals; patienceMs?: number } = {},
): Promise<ChildExit> {
  for (const next of [signal, signal, 'SIGKILL'] as const) {
    if (hasExited(child) || child.pid === undefined) break;
    child.kill(next);
    if (next === 'SIGKILL') break;
    const patience = new AbortController();
    const isGone = await Promise.race([
      childExit(child).then(() => true),
      delay(patienceMs, false, { signal: patience.signal }).catch(() => false),
    ]);
    patience.abort();
    if (isGone) break;
  }
  return childExit(child);
}

/** One line for a log or an error: `exit status 1`, `signal SIGKILL`. */
export function describeExit(exit: ChildExit): string {
  if (exit.signal !== undefined) return `signal ${exit.signal}`;
  return exit.code === undefined ? 'not started' : `exit status ${String(exit.code)}`;
}
