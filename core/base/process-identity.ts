import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf } from './file-error.ts';

/** Tells one process from every other that has, had or will have its number. */
export interface ProcessIdentity {
  readonly host: string;
  /** Empty where the system has none; then only the number counts. */
  readonly bootId: string;
  readonly pid: number;
  /** Clock ticks between boot and start; empty where the system does not say. */
  readonly startedAt: string;
}

export function ownIdentity(): ProcessIdentity {
  return { host: hostname(), bootId: bootId(), pid: process.pid, startedAt: startTimeOf(process.pid) ?? '' };
}

/** Whether the process is certainly gone: its host is this one, and it was another boot, or nobody has its number, or somebody else has. */
export function isGone(identity: ProcessIdentity): boolean {
  if (identity.host !== hostname()) return false;
  const boot = bootId();
  if (identity.bootId !== '' && boot !== '' && identity.bootId !== boot) return true;
  if (!isAlive(identity.pid)) return true;
  const startedAt = startTimeOf(identity.pid);
  return identity.startedAt !== '' && startedAt !== undefined && startedAt !== identity.startedAt;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

function bootId(): string {
  return readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

/** Field 22 of /proc/PID/stat; the name in field 2 may hold blanks and brackets. */
function startTimeOf(pid: number): string | undefined {
  const stat = readText(`/proc/${String(pid)}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
