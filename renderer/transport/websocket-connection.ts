import { DynamicLink, createORPCClient, type ClientContext } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import type { Client } from '../../core/api/contract.ts';
import { RedoubtError } from '../errors/redoubt-error.ts';
import type { Connection, ConnectionState, ConsoleChannel } from './connection.ts';

/** How long to wait before the next try; the last one repeats. */
const retryDelaysMs = [250, 500, 1000, 2000, 5000];

/**
 * Reaches the headless host: `/api` carries the calls, `/rfb/<machine id>` a machine's screen. The cookie
 * that the host set identifies the page. When the socket breaks it is opened again, with growing pauses;
 * streams end and are asked for again by whoever reads them (stores/follow.ts).
 */
export function connectByWebSocket(location: { protocol: string; host: string }): Connection {
  const origin = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}`;
  const listeners = new Set<(state: ConnectionState) => void>();
  let state: ConnectionState = 'connecting';
  let link: RPCLink<ClientContext> | undefined;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function enter(next: ConnectionState): void {
    if (state === next) return;
    state = next;
    for (const listener of listeners) listener(next);
  }

  function open(): void {
    timer = undefined;
    const socket = new WebSocket(`${origin}/api`);
    socket.binaryType = 'arraybuffer';
    link = new RPCLink({ websocket: socket });
    socket.addEventListener('open', () => {
      failures = 0;
      enter('open');
    });
    socket.addEventListener('close', () => {
      link = undefined;
      enter('lost');
      const delayMs = retryDelaysMs[Math.min(failures, retryDelaysMs.length - 1)] ?? 0;
      failures += 1;
      timer = setTimeout(open, delayMs);
    });
  }

  open();
  const client: Client = createORPCClient(
    new DynamicLink<ClientContext>(() => {
      if (link === undefined) throw new RedoubtError('shell.unreachable', 'The connection to the host is lost.', {});
      return link;
    }),
  );

  return {
    client,
    openConsole(machineId): ConsoleChannel {
      const socket = new WebSocket(`${origin}/rfb/${encodeURIComponent(machineId)}`);
      socket.binaryType = 'arraybuffer';
      return socket as unknown as ConsoleChannel;
    },
    subscribe(listener) {
      listeners.add(listener);
      listener(state);
      return () => listeners.delete(listener);
    },
    retryNow() {
      if (timer === undefined) return;
      clearTimeout(timer);
      open();
    },
  };
}
