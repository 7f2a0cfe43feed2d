import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Who holds a lock, precisely enough to prove later that it is gone. A process id alone is used again after
 * a while, means another process in another container, and nothing on another host.
 */
export interface ProcessIdentity {
  readonly host: string;
  /** Empty where the system has none. */
  readonly machineId: string;
  readonly bootId: string;
  readonly pidNamespace: string;
  readonly pid: number;
  /** In the system's own ticks; empty where it can't be had. */
  readonly startTime: string;
}

let own: ProcessIdentity | undefined;

/** This process. Read once: nothing of it changes while we live. */
export function currentProcess(): ProcessIdentity {
  own ??= {
    host: hostname(),
    machineId: readText('/etc/machine-id') || hostname(),
    bootId: readText('/proc/sys/kernel/random/boot_id'),
    pidNamespace: readLink('/proc/self/ns/pid'),
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? '',
  };
  return own;
}

/** When this computer was started, in milliseconds since 1970 by today's clock, where that can be had. */
export function bootedAtMs(): number | undefined {
  const seconds = /^btime (\d+)$/m.exec(readText('/proc/stat'))?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/**
 * Whether a holder is proved to be gone: same host, boot and namespace, and its process has ended or is
 * another one by now; or the host has booted since, and the file system is this host's alone.
 */
export function isProvedGone(holder: ProcessIdentity, isLocalFileSystem: boolean): boolean {
  const me = currentProcess();
  if (me.bootId !== '' && holder.bootId !== '' && holder.bootId !== me.bootId) return isLocalFileSystem;
  if (holder.machineId !== me.machineId || holder.bootId !== me.bootId) return false;
  if (holder.pidNamespace !== me.pidNamespace) return false;
  if (!exists(holder.pid)) return true;
  const startTime = startTimeOf(holder.pid);
  return startTime !== undefined && holder.startTime !== '' && startTime !== holder.startTime;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: there is one, and it is somebody else's.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
  return !isZombie(pid);
}

/** Field 22 of /proc/PID/stat (proc(5)), counted after the name, which may hold blanks and brackets. */
function startTimeOf(pid: number): string | undefined {
  return statFields(pid)?.[19];
}

/** A process that has ended but was not waited for holds nothing any more. */
function isZombie(pid: number): boolean {
  const state = statFields(pid)?.[0];
  return state === 'Z' || state === 'X';
}

/** The fields of /proc/PID/stat from the third (state) on. */
function statFields(pid: number): string[] | undefined {
  const stat = readText(`/proc/${String(pid)}/stat`);
  return stat === '' ? undefined : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

function readLink(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
