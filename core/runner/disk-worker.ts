import { parentPort } from 'node:worker_threads';
import { serveBlockPort } from '../base/block-port.ts';
import { assert } from '../base/assert.ts';
import { toWire } from '../base/redoubt-error.ts';
import { openDiskSession, type DiskSession } from '../disk/session/session.ts';
import { startNbdServer, type NbdServer } from '../nbd/server.ts';
import type { DiskCommand, DiskReply, SessionStats } from './disk-messages.ts';

/**
 * The thread of a runner in which the engine and the NBD server live, so that control never waits for a
 * disk. Entry point.
 */
const sessions = new Map<string, DiskSession>();
let server: NbdServer | undefined;

const port = parentPort;
assert(port !== null, 'the disk worker runs in a thread');
port.on('message', ({ id, command }: { id: number; command: DiskCommand }) => {
  void carryOut(command).then(
    (result) => {
      reply({ id, result });
    },
    (error: unknown) => {
      reply({ id, error: toWire(error) });
    },
  );
});

function reply(message: DiskReply): void {
  port?.postMessage(message);
}

async function carryOut(command: DiskCommand): Promise<unknown> {
  switch (command.op) {
    case 'open': {
      const session = await openDiskSession(command.request);
      sessions.set(command.slot, session);
      return session.device.sizeBytes;
    }
    case 'serve': {
      const exports = new Map([...sessions].map(([slot, session]) => [slot, session.device]));
      // A guest never asks what is allocated, and reads faster without the chunks that would tell.
      server = await startNbdServer({ socketPath: command.socketPath, exports, replies: 'simple' });
      return undefined;
    }
    case 'port':
      serveBlockPort(session(command.slot).device, command.port);
      return undefined;
    case 'replace':
      await session(command.slot).replaceRedo(command.redo);
      return undefined;
    case 'stats':
      return [...sessions].map(([slot, one]) => statsOf(slot, one));
    case 'close':
      return await closeAll();
  }
}

function statsOf(slot: string, one: DiskSession): SessionStats {
  const { allocatedBytes } = one.stats();
  return {
    slot,
    allocatedBytes,
    ...(one.redo === undefined ? {} : { redo: one.redo }),
    ...(one.problem === undefined ? {} : { problem: one.problem.toWire() }),
  };
}

function session(slot: string): DiskSession {
  const found = sessions.get(slot);
  assert(found !== undefined, `a session for ${slot}`);
  return found;
}

/** Closes everything even where one fails; then tells the first failure. */
async function closeAll(): Promise<undefined> {
  const failures: unknown[] = [];
  await server?.close().catch((error: unknown) => failures.push(error));
  for (const one of sessions.values()) await one.close().catch((error: unknown) => failures.push(error));
  sessions.clear();
  if (failures.length > 0) throw failures[0];
  return undefined;
}
