import { spawn } from 'node:child_process';

/**
 * Runs a program with this terminal and resolves to its exit status (128 + n for a signal).
 * `onOutput`, if given, sees what it prints as well.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onOutput?: (text: string) => void, isQuiet?: boolean, signal?: AbortSignal }} [options]
 * @returns {Promise<number>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const piped = options.onOutput !== undefined || options.isQuiet === true;
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      stdio: ['ignore', piped ? 'pipe' : 'inherit', options.isQuiet === true ? 'pipe' : 'inherit'],
    });
    child.stdout?.on('data', (bytes) => {
      options.onOutput?.(String(bytes));
      if (options.isQuiet !== true) process.stdout.write(bytes);
    });
    child.stderr?.on('data', (bytes) => options.onOutput?.(String(bytes)));
    child.on('error', () => resolve(127));
    child.on('close', (status, signal) => resolve(status ?? 128 + (signal === 'SIGKILL' ? 9 : 15)));
  });
}
