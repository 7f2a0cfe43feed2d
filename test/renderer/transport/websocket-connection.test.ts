import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { RPCHandler } from '@orpc/server/ws';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { asRedoubtError } from '../../../renderer/transport/as-redoubt-error.ts';
import type { Connection, ConnectionState } from '../../../renderer/transport/connection.ts';
import { connectByWebSocket } from '../../../renderer/transport/websocket-connection.ts';
import { makeFakeRouter } from '../support/fake-client.ts';
import { FakeCore, refuse } from '../support/fake-core.ts';

let server: WebSocketServer;
let core: FakeCore;
const paths: string[] = [];

async function listen(port: number): Promise<number> {
  server = new WebSocketServer({ host: '127.0.0.1', port });
  const handler = new RPCHandler(makeFakeRouter(core));
  server.on('connection', (socket, request) => {
    paths.push(request.url ?? '');
    if (request.url === '/api') void handler.upgrade(socket, { context: {} });
    else socket.on('message', (bytes) => socket.send(bytes as Buffer));
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function shut(): Promise<void> {
  for (const socket of server.clients) socket.terminate();
  server.close();
  await once(server, 'close');
}

function open(port: number): { connection: Connection; states: ConnectionState[] } {
  const connection = connectByWebSocket({ protocol: 'http:', host: `127.0.0.1:${String(port)}` });
  const states: ConnectionState[] = [];
  connection.subscribe((state) => states.push(state));
  return { connection, states };
}

describe('the connection to the host', () => {
  /** A page's sockets die with the page; here they are kept to be closed. */
  const sockets: WebSocket[] = [];

  beforeEach(() => {
    core = new FakeCore();
    paths.length = 0;
    class PageSocket extends WebSocket {
      constructor(address: string) {
        super(address);
        sockets.push(this);
        this.on('error', () => undefined);
      }
    }
    vi.stubGlobal('WebSocket', PageSocket);
  });

  afterEach(async () => {
    // No new tries: what would open a socket now gets one that never connects.
    vi.stubGlobal(
      'WebSocket',
      class {
        addEventListener(): void {
          /* stays silent */
        }
      },
    );
    for (const socket of sockets.splice(0)) socket.terminate();
    await shut();
    vi.unstubAllGlobals();
  });

  it('carries calls and typed refusals', async () => {
    const { connection, states } = open(await listen(0));
    expect((await connection.client.shell.info({})).platform).toBe('linux');
    core.failures.set('machines.reset', refuse('machine.not-found', { id: 'x' }));
    expect(await connection.client.machines.reset({ id: 'x' }).catch(asRedoubtError)).toMatchObject({
      code: 'machine.not-found',
    });
    expect(states).toEqual(['connecting', 'open']);
  });

  it('says that it is lost, refuses calls meanwhile, and comes back by itself', async () => {
    const port = await listen(0);
    const { connection, states } = open(port);
    await connection.client.shell.info({});
    await shut();
    await vi.waitFor(() => {
      expect(states.at(-1)).toBe('lost');
    });
    expect(await connection.client.shell.info({}).catch(asRedoubtError)).toMatchObject({ code: 'shell.unreachable' });
    await listen(port);
    connection.retryNow();
    await vi.waitFor(() => {
      expect(states).toEqual(['connecting', 'open', 'lost', 'open']);
    }, 5000);
    expect((await connection.client.shell.info({})).platform).toBe('linux');
  });

  it('opens a machine’s screen on a socket of its own', async () => {
    const { connection } = open(await listen(0));
    const channel = connection.openConsole('a b');
    const got = new Promise((resolve) => {
      channel.onmessage = ({ data }) => {
        resolve([...new Uint8Array(data as ArrayBuffer)]);
      };
    });
    channel.onopen = () => {
      channel.send(Uint8Array.of(1, 2, 3));
    };
    expect(await got).toEqual([1, 2, 3]);
    expect(paths).toContain('/rfb/a%20b');
    channel.close();
  });
});
