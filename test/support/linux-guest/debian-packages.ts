import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Why something could not be had, in one sentence: the test that wants it is skipped and prints it. */
export class Unobtainable extends Error {}

/** The package that the current kernel's package hangs from, for example `linux-image-6.1.0-56-amd64`. */
export function kernelPackageName(): string {
  const text = runWithFreshLists('apt-cache', ['show', '--no-all-versions', 'linux-image-amd64']);
  const name = /^Depends:.*?\b(linux-image-[0-9][^ ,(]*)/m.exec(text)?.[1];
  if (name === undefined) throw new Unobtainable('apt knows no kernel package; `apt-get update` may help.');
  return name;
}

/** The version apt would download, as it says it. */
export function candidateVersion(name: string): string {
  const version = /^Version: (.+)$/m.exec(run('apt-cache', ['show', '--no-all-versions', name]))?.[1];
  if (version === undefined) throw new Unobtainable(`apt knows no version of ${name}.`);
  return version;
}

/**
 * Unpacks some files of a Debian package into `target`, without installing it and without being root.
 * `patterns` are tar's, for example `./boot/vmlinuz-*`.
 */
export function unpackDebianPackage(name: string, patterns: readonly string[], target: string): void {
  const folder = join(target, '.download');
  mkdirSync(folder, { recursive: true });
  try {
    runWithFreshLists('apt-get', ['download', '-q', '-o', 'APT::Sandbox::User=root', name], folder);
    const file = readdirSync(folder).find((entry) => entry.endsWith('.deb'));
    if (file === undefined) throw new Unobtainable(`apt did not download ${name}.`);
    const script = 'dpkg-deb --fsys-tarfile "$0" | tar -x -C "$1" --wildcards "${@:2}"';
    run('bash', ['-o', 'pipefail', '-c', script, join(folder, file), target, ...patterns]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs a tool of apt; if it fails, once more with fresh lists. Those of a new system are empty, and old ones name
 * versions that are gone from the mirror.
 */
function runWithFreshLists(tool: string, args: readonly string[], cwd?: string): string {
  try {
    return run(tool, args, cwd);
  } catch (error) {
    if (process.getuid?.() !== 0) throw error;
    run('apt-get', ['update', '-q']);
    return run(tool, args, cwd);
  }
}

/** Runs a tool to its end. Throws Unobtainable with what it said. */
export function run(tool: string, args: readonly string[], cwd = '/'): string {
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' };
  try {
    return execFileSync(tool, args, {
      cwd,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 300_000,
    });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1);
    throw new Unobtainable(`${tool} failed: ${said === undefined || said === '' ? String(error) : said}`);
  }
}
