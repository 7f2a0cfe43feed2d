import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { RPCHandler } from '@orpc/server/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Core } from '../create-core.ts';
import { Access } from './access.ts';
import { bridgeBytes } from './byte-bridge.ts';
import { securityHeaders } from './security-headers.ts';
import { readStaticFile } from './static-files.ts';

/** The part of the core that the host serves. */
export type ServedCore = Pick<Core, 'router' | 'connectRfb'>;

export interface HttpHostOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** What the address must carry to be let in. */
  readonly token: string;
  /** Lets in once what carries it instead. */
  readonly onceToken?: string | undefined;
  /** The built window. */
  readonly rendererDirectory: string;
  readonly core: ServedCore;
}

export interface HttpHost {
  /** The address to open, with the token. */
  readonly url: string;
  /** Ends all connections and stops listening. */
  close(): Promise<void>;
}

/** Calls are small; a longer message is a mistake or an attack. */
const maximumMessageBytes = 4 * 1024 * 1024;

/**
 * Serves the window and the core on the loopback address: the built files over HTTP, the calls on the
 * WebSocket `/api`, and the screens of running machines on `/rfb/<machine id>`. Who is let in is Access's
 * business. Rejects with the system's error if the port can't be had.
 */
export async function startHttpHost(options: HttpHostOptions): Promise<HttpHost> {
  const { port, token, onceToken, rendererDirectory, core } = options;
  const server = createServer();
  await listen(server, port);
  const actualPort = (server.address() as AddressInfo).port;
  const access = new Access(token, actualPort, onceToken);
  const rpc = new RPCHandler(core.router);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maximumMessageBytes });

  server.on('request', (request, response) => {
    answer(request, response, access, rendererDirectory).catch(() => response.destroy());
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const open = webSocketTarget(request, core, rpc);
    const { headers } = request;
    socket.on('error', () => undefined);
    if (!access.isLocalHost(headers) || !access.isSameOrigin(headers)) refuseUpgrade(socket, '403 Forbidden');
    else if (!access.isKnown(headers)) refuseUpgrade(socket, '401 Unauthorized');
    else if (open === undefined) refuseUpgrade(socket, '404 Not Found');
    else sockets.handleUpgrade(request, socket, head, open);
  });

  return {
    url: `http://127.0.0.1:${String(actualPort)}/?token=${encodeURIComponent(token)}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** What a WebSocket of this address is for, or `undefined`. */
function webSocketTarget(
  request: IncomingMessage,
  core: ServedCore,
  rpc: RPCHandler<Record<never, never>>,
): ((web: WebSocket) => void) | undefined {
  const path = pathOf(request);
  if (path === '/api') {
    return (web) => {
      web.on('error', () => undefined);
      void rpc.upgrade(web, { context: {} });
    };
  }
  const machineId = /^\/rfb\/([^/]+)$/.exec(path)?.[1];
  if (machineId === undefined) return undefined;
  return (web) => {
    bridgeBytes(web, connectScreen(core, machineId));
  };
}

async function connectScreen(core: ServedCore, encodedId: string): Promise<Socket> {
  return core.connectRfb(decodeURIComponent(encodedId));
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  access: Access,
  rendererDirectory: string,
): Promise<void> {
  const { headers } = request;
  const say = (status: number, text: string): void => {
    response.writeHead(status, {
      ...securityHeaders(headers.host ?? ''),
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
    });
    response.end(`${text}\n`);
  };
  if (!access.isLocalHost(headers)) {
    say(403, 'This server answers to 127.0.0.1 and localhost only.');
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    say(405, 'There is nothing to send here.');
    return;
  }
  const token = new URLSearchParams(request.url?.split('?')[1]).get('token');
  if (token !== null && access.admits(token)) {
    response.writeHead(303, {
      ...securityHeaders(headers.host ?? ''),
      'set-cookie': access.cookie(),
      location: '/',
      'cache-control': 'no-store',
    });
    response.end();
    return;
  }
  if (!access.isKnown(headers)) {
    say(401, 'Open the address that the host printed when it started: it carries the token that lets you in.');
    return;
  }
  const file = await readStaticFile(rendererDirectory, pathOf(request));
  if (file === undefined) {
    say(404, pathOf(request) === '/' ? 'The window is not built: run npm start.' : 'Not found.');
    return;
  }
  response.writeHead(200, {
    ...securityHeaders(headers.host ?? ''),
    'content-type': file.contentType,
    'content-length': file.bytes.length,
    'cache-control': file.isImmutable ? 'private, max-age=31536000, immutable' : 'no-cache',
  });
  response.end(request.method === 'HEAD' ? undefined : file.bytes);
}

/** The path as it was sent, without the query; escapes are left alone. */
function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}
