import type { MessagePort } from 'node:worker_threads';
import type { WireError } from '../api/errors.ts';
import type { SessionRequest } from '../disk/session/session.ts';

/** What the runner asks of its disk thread. Every command gets one reply, in the order of finishing. */
export type DiskCommand =
  /** Opens a session. Result: the disk's size in bytes. */
  | { op: 'open'; slot: string; request: SessionRequest }
  /** Starts the NBD server over all open sessions; a slot is an export's name. */
  | { op: 'serve'; socketPath: string }
  /** Serves a session on a message port. */
  | { op: 'port'; slot: string; port: MessagePort }
  /** Nonpersistent reset: the guest is paused. */
  | { op: 'replace'; slot: string; redo: string }
  | { op: 'stats' }
  /** Ends the server, closes all sessions clean. The thread ends afterwards. */
  | { op: 'close' };

export interface SessionStats {
  readonly slot: string;
  readonly redo?: string;
  readonly allocatedBytes: number;
  /** Why the session has to end. */
  readonly problem?: WireError;
}

export type DiskReply = { id: number; result: unknown } | { id: number; error: WireError };
