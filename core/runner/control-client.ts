import { connect } from 'node:net';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { WebSocket } from 'ws';
import type { RunnerClient } from './runner-contract.ts';
import { fromDefinedError } from './wire-errors.ts';

/** A connection to a runner. Calls reject with RedoubtErrors. */
export interface ControlConnection {
  readonly client: RunnerClient;
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
  close(): void;
}

/** A process that stands still accepts connections and says nothing. */
const handshakeMs = 5000;

/** Connects to a runner's control socket; `undefined` if nobody listens there. */
export async function connectControl(socketPath: string): Promise<ControlConnection | undefined> {
  const socket = new WebSocket('ws://runner/', {
    createConnection: () => connect(socketPath),
    perMessageDeflate: false,
    handshakeTimeout: handshakeMs,
  });
  const closed = new Promise<void>((resolve) =>
    socket.once('close', () => {
      resolve();
    }),
  );
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.once('open', () => {
      resolve(true);
    });
    socket.on('error', () => {
      resolve(false);
    }); // stays: an error without a listener would end the process
  });
  if (!isOpen) return undefined;
  const link = new RPCLink({
    // Structurally a browser's WebSocket as far as the link uses it.
    websocket: socket as unknown as globalThis.WebSocket,
    interceptors: [
      async (call) => {
        try {
          return await call.next();
        } catch (error) {
          throw fromDefinedError(error);
        }
      },
    ],
  });
  return {
    client: createORPCClient(link),
    closed,
    close: () => {
      socket.terminate();
    },
  };
}
