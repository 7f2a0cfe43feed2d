import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, connect, type Server } from 'node:net';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { implement } from '@orpc/server';
import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { contract, type Client } from '../../../core/api/contract.ts';
import { startHttpHost, type HttpHost, type ServedCore } from '../../../core/host/http-host.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

const token = 'a-token-of-some-length';
const onceToken = 'another-token-of-some-length';
const os = implement(contract);
const partOfTheContract = {
  jobs: {
    cancel: os.jobs.cancel.handler(({ input, errors }) => {
      throw errors.REDOUBT({ data: { code: 'job.not-found', message: 'no such job', details: { id: input.id } } });
    }),
  },
};

let folder: TempFolder;
let screen: Server;
let host: HttpHost;
let port: number;

beforeAll(async () => {
  folder = makeTempFolder();
  mkdirSync(folder.at('renderer', 'assets'), { recursive: true });
  writeFileSync(folder.at('renderer', 'index.html'), '<!doctype html><title>Redoubt</title>');
  writeFileSync(folder.at('renderer', 'assets', 'app-1234.js'), 'export {};');
  writeFileSync(folder.at('secret'), 'secret');
  symlinkSync(folder.at('secret'), folder.at('renderer', 'link'));
  // A screen that greets and then echoes.
  screen = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('RFB 003.008\n');
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => screen.listen(folder.at('rfb.sock'), resolve));
  const core = {
    router: partOfTheContract,
    connectRfb: (id: string) =>
      id === 'm 1' ? Promise.resolve(connect(folder.at('rfb.sock'))) : Promise.reject(new Error('no such machine')),
  } as unknown as ServedCore;
  host = await startHttpHost({ port: 0, token, onceToken, rendererDirectory: folder.at('renderer'), core });
  port = Number(new URL(host.url).port);
});

afterAll(async () => {
  await host.close();
  screen.close();
  folder.remove();
});

const cookie = (): string => `redoubt-${String(port)}=${token}`;

async function get(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ response: IncomingMessage; body: string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, path, method, headers, setHost: headers['host'] === undefined }, resolve)
      .on('error', reject)
      .end();
  });
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { response, body };
}

describe('pages', () => {
  it('takes the browser’s own token one time only', async () => {
    const first = (await get(`/?token=${onceToken}`)).response;
    expect([first.statusCode, first.headers['set-cookie']?.[0]?.startsWith(cookie())]).toEqual([303, true]);
    expect((await get(`/?token=${onceToken}`)).response.statusCode).toBe(401);
    expect((await get('/', { cookie: cookie().replace(token, onceToken) })).response.statusCode).toBe(401);
  });

  it('takes the token and sets a cookie', async () => {
    const { response } = await get(`/?token=${token}`);
    expect(response.statusCode).toBe(303);
    expect(response.headers.location).toBe('/');
    expect(response.headers['set-cookie']?.[0]).toBe(`${cookie()}; Path=/; HttpOnly; SameSite=Strict`);
  });

  it('serves the window to whoever has the cookie or the header', async () => {
    const page = await get('/', { cookie: `other=1; ${cookie()}` });
    expect(page.body).toContain('<title>Redoubt</title>');
    expect(page.response.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    expect(page.response.headers['x-content-type-options']).toBe('nosniff');
    expect(page.response.headers['cache-control']).toBe('no-cache');
    const script = await get('/assets/app-1234.js', { authorization: `Bearer ${token}` });
    expect(script.response.headers['content-type']).toMatch('text/javascript');
    expect(script.response.headers['cache-control']).toMatch('immutable');
  });

  it.each([
    ['no token', '/', {}],
    ['a wrong token', '/?token=wrong', {}],
    ['a wrong cookie', '/', { cookie: 'redoubt-0=x' }],
    ['a wrong header', '/', { authorization: 'Bearer wrong' }],
  ])('refuses %s', async (_what, path, headers) => {
    const { response, body } = await get(path, headers);
    expect(response.statusCode).toBe(401);
    expect(body).not.toContain('<title>');
  });

  it('answers to the names of this machine only', async () => {
    expect((await get('/', { cookie: cookie(), host: 'evil.example' })).response.statusCode).toBe(403);
    expect(
      (await get(`/?token=${token}`, { host: `127.0.0.1.evil.example:${String(port)}` })).response.statusCode,
    ).toBe(403);
    expect((await get('/', { cookie: cookie(), host: `localhost:${String(port)}` })).response.statusCode).toBe(200);
  });

  it.each([
    '/../secret',
    '/%2e%2e/secret',
    '/..%2fsecret',
    '/assets/../../secret',
    '/link',
    '/%00',
    '/%',
    '/assets',
    '/nothing.js',
    '//etc/passwd',
    '//',
    '/[',
  ])('finds nothing at %s', async (path) => {
    const { response, body } = await get(path, { cookie: cookie() });
    expect(response.statusCode).toBe(404);
    expect(body).not.toContain('secret');
  });

  it('takes nothing', async () => {
    expect((await get('/', { cookie: cookie() }, 'POST')).response.statusCode).toBe(405);
  });
});

function open(path: string, headers: Record<string, string>): Promise<WebSocket> {
  const web = new WebSocket(`ws://127.0.0.1:${String(port)}${path}`, { headers });
  return new Promise((resolve, reject) => {
    web.on('open', () => {
      resolve(web);
    });
    web.on('error', reject);
  });
}

const own = (): Record<string, string> => ({ cookie: cookie(), origin: `http://127.0.0.1:${String(port)}` });

describe('WebSockets', () => {
  it.each([
    ['without the cookie', () => ({ origin: `http://127.0.0.1:${String(port)}` }), 401],
    ['from another page', () => ({ cookie: cookie(), origin: 'http://evil.example' }), 403],
    ['from another port of this machine', () => ({ cookie: cookie(), origin: 'http://127.0.0.1:1' }), 403],
    ['without an origin and with a cookie only', () => ({ cookie: cookie() }), 403],
    ['by another name', () => ({ ...own(), host: 'evil.example', origin: 'http://evil.example' }), 403],
  ] as const)('are refused %s', async (_what, headers, status) => {
    for (const path of ['/api', '/rfb/m%201']) {
      await expect(open(path, headers())).rejects.toThrow(String(status));
    }
  });

  it('are refused where there is nothing', async () => {
    await expect(open('/other', own())).rejects.toThrow('404');
  });

  it('carry calls, with typed errors', async () => {
    const web = await open('/api', { authorization: `Bearer ${token}` });
    const client: Client = createORPCClient(new RPCLink({ websocket: web as unknown as globalThis.WebSocket }));
    await expect(client.jobs.cancel({ id: '7' })).rejects.toMatchObject({
      code: 'REDOUBT',
      defined: true,
      data: { code: 'job.not-found', details: { id: '7' } },
    });
    web.close();
  });
});

describe('screens', () => {
  it('carries bytes both ways, all of them', async () => {
    const web = await open('/rfb/m%201', own());
    const payload = Buffer.alloc(8 * 1024 * 1024, 'x');
    let received = 0;
    const all = new Promise<void>((resolve) => {
      web.on('message', (data, isBinary) => {
        expect(isBinary).toBe(true);
        received += (data as Buffer).length;
        if (received === 12 + payload.length) resolve();
      });
    });
    for (let at = 0; at < payload.length; at += 1024 * 1024) web.send(payload.subarray(at, at + 1024 * 1024));
    await all;
    web.close();
  });

  it('ends with the machine, and says so where there is none', async () => {
    const none = await open('/rfb/other', own());
    expect(await new Promise((resolve) => none.on('close', resolve))).toBe(1011);
    const web = await open('/rfb/m%201', own());
    web.send('text');
    expect(await new Promise((resolve) => web.on('close', resolve))).toBe(1003);
  });
});
