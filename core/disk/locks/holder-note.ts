import { createHash } from 'node:crypto';
import { currentProcess } from '../../base/process-identity.ts';
import type { LockHolder, LockKind } from './lock-holder.ts';

/**
 * A holder in the text of a symbolic link, for a file system without room: a link of fewer than 60 bytes
 * lives in the inode (ext4, XFS, UFS) and takes no block. It names only what a proof that the holder is gone
 * needs, the larger parts of it as hashes; the link leads nowhere and is never followed.
 */

const form = /^rl1:([wr]):(\d{1,10}):([0-9a-z]{0,11}):([0-9a-f]{10}):([0-9a-f]{10}):([0-9a-f]{8})$/;

/** At most 59 bytes of ASCII. */
export function encodeNote({ kind, pid, startTime, bootId, machineId, pidNamespace, token }: LockHolder): string {
  const ticks = /^\d+$/.test(startTime) ? BigInt(startTime).toString(36) : '';
  const place = placeOf(machineId, pidNamespace);
  return `rl1:${kind === 'writer' ? 'w' : 'r'}:${String(pid)}:${ticks}:${hash(bootId)}:${place}:${token.slice(0, 8)}`;
}

/** The holder that a note names; `undefined` where the text is none of ours. What is only a hash says whether it is here. */
export function decodeNote(text: string): LockHolder | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, letter, pid = '', ticks = '', boot, place, token = ''] = match;
  if (Number(pid) === 0) return undefined;
  const me = currentProcess();
  const isThisBoot = boot === hash(me.bootId);
  const isHere = place === placeOf(me.machineId, me.pidNamespace);
  const kind: LockKind = letter === 'w' ? 'writer' : 'reader';
  return {
    kind,
    token,
    purpose: 'in use',
    host: isHere ? me.host : 'another computer or container',
    machineId: isHere ? me.machineId : `other ${String(place)}`,
    pidNamespace: isHere ? me.pidNamespace : `other ${String(place)}`,
    bootId: isThisBoot ? me.bootId : `other ${String(boot)}`,
    pid: Number(pid),
    startTime: ticks === '' ? '' : toDecimal(ticks),
  };
}

function toDecimal(base36: string): string {
  let value = 0n;
  for (const digit of base36) value = value * 36n + BigInt(parseInt(digit, 36));
  return value.toString();
}

function placeOf(machineId: string, pidNamespace: string): string {
  return hash(`${machineId}\n${pidNamespace}`);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 10);
}
