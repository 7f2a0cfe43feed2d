import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { childExit } from './child-process.ts';

/**
 * Makes sure that a child does not outlive this process, even if this process is killed.
 *
 * Neither QEMU nor most programs notice that their parent has gone, and Node can't ask the kernel to tell
 * them. So a small shell waits at the end of a pipe that only this process holds: it is given the child's
 * process id, and when the pipe ends without the word to let go, it kills the child. The kernel closes the
 * pipe however this process dies. The shell is in a session of its own, so that a signal to our group or
 * terminal does not take it first; that it dies and we live is harmless, because we end the child ourselves.
 *
 * Where there is no POSIX shell (Windows) it does nothing.
 */
export interface Lifeline {
  /** Names the child. Call it in the same turn in which the child was spawned. */
  hold(pid: number): void;
  /** To be called when the child is gone. Resolves when the watcher is gone too; may be called twice. */
  release(): Promise<void>;
}

const watcher = `
trap '' HUP INT TERM
IFS= read -r pid || exit 0
IFS= read -r word && exit 0
kill -KILL "$pid" 2>/dev/null
`;

/** Starts the watcher, before the child, so that there is no moment in which the child is unwatched. */
export function openLifeline(): Lifeline {
  if (process.platform === 'win32') return { hold: () => undefined, release: () => Promise.resolve() };
  const shell = spawn('/bin/sh', ['-c', watcher], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
    env: {},
  });
  // A watcher that fails to start or dies early leaves us as we would be without it.
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  return {
    hold: (pid) => shell.stdin.write(`${String(pid)}\n`),
    release: () => letGo(shell),
  };
}

async function letGo(shell: ChildProcess): Promise<void> {
  if (shell.stdin?.writable === true) shell.stdin.end('released\n');
  shell.ref();
  await childExit(shell);
}
