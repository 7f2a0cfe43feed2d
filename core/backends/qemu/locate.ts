import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** Options that we use have been there since this version. */
export const minimumVersion = { major: 7, minor: 2 } as const;

export interface QemuBinary {
  readonly path: string;
  /** As QEMU says it, for example `7.2.22`. */
  readonly version: string;
}

export type QemuLocation =
  | { readonly kind: 'found'; readonly binary: QemuBinary }
  /** Nothing usable. `searched` are the places that were looked at, `reason` is one sentence. */
  | { readonly kind: 'missing'; readonly searched: readonly string[]; readonly reason: string };

export interface LocateOptions {
  /** A program the user has chosen. If it is given, nothing else is tried. */
  readonly configuredPath?: string;
  /** Folders in order; by default those of PATH and the places where installers put QEMU. */
  readonly folders?: readonly string[];
}

/** The 64-bit program runs 32-bit guests too, so it comes first. */
const programs = ['qemu-system-x86_64', 'qemu-system-i386'];

/** How long `--version` may take: a cold start from a slow disk, and no more. */
const versionTimeoutMs = 10_000;

/** Finds a QEMU of version 7.2 or later. Never throws: what is missing is an answer with its reason. */
export async function locateQemu({
  configuredPath,
  folders = defaultFolders(),
}: LocateOptions = {}): Promise<QemuLocation> {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const candidates =
    configuredPath === undefined
      ? folders.flatMap((folder) => programs.map((program) => join(folder, program + suffix)))
      : [configuredPath];
  let reason = 'QEMU is not installed.';
  for (const path of candidates) {
    if (!(await isExecutable(path))) continue;
    const version = await askVersion(path);
    if (version === undefined) reason = `${path} did not say its version.`;
    else if (!isRecent(version)) reason = `${path} is QEMU ${version}; 7.2 or later is needed.`;
    else return { kind: 'found', binary: { path, version } };
  }
  return { kind: 'missing', searched: configuredPath === undefined ? [...folders] : [configuredPath], reason };
}

function defaultFolders(): string[] {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const wellKnown =
    process.platform === 'win32'
      ? [join(process.env['ProgramFiles'] ?? 'C:\\Program Files', 'qemu')]
      : ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/opt/local/bin', '/usr/libexec', '/snap/bin'];
  return [...new Set([...path, ...wellKnown])];
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function askVersion(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: versionTimeoutMs });
    return parseVersion(stdout);
  } catch {
    return undefined;
  }
}

/** The version in the first line of `--version`, or undefined if this is not QEMU. */
export function parseVersion(text: string): string | undefined {
  return /^QEMU emulator version (\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1];
}

/** Whether a version is 7.2 or later. */
export function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > minimumVersion.major || (major === minimumVersion.major && minor >= minimumVersion.minor);
}
