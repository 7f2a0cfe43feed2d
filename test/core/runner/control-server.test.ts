import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { connectControl } from '../../../core/runner/control-client.ts';
import { serveControl } from '../../../core/runner/control-server.ts';
import type { MachineRunner } from '../../../core/runner/machine-runner.ts';
import { RunnerStateBoard } from '../../../core/runner/runner-state.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

async function stranger(socketPath: string, says: string): Promise<Socket> {
  const socket = connect(socketPath);
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) =>
    socket.once('connect', () => {
      resolve();
    }),
  );
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write(says);
  return socket;
}

describe('the control socket', () => {
  it.each([
    ['nothing', ''],
    ['half a request', 'GET / HTTP/1.1\r\nHost: '],
    ['half a handshake', 'GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'],
    ['garbage', '\0\u0001\u0002'.repeat(1000)],
    ['a request for a page', 'GET / HTTP/1.1\r\nHost: runner\r\n\r\n'],
  ])('is closed although somebody says %s, and serves others till then', async (_what, says) => {
    const folder = makeTempFolder();
    onTestFinished(() => {
      folder.remove();
    });
    const board = new RunnerStateBoard('0'.repeat(32));
    const socketPath = folder.at('control.sock');
    const server = await serveControl({ board } as unknown as MachineRunner, socketPath);
    await stranger(socketPath, says);
    const shell = await connectControl(socketPath);
    const states = await shell?.client.watch({});
    expect((await states?.next())?.value).toMatchObject({ power: 'off' });
    let isClosed = false;
    void server.close().then(() => (isClosed = true));
    await expect.poll(() => isClosed, { timeout: 5000 }).toBe(true);
    await shell?.closed;
  });

  it('outlives a message that is no call', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    const folder = makeTempFolder();
    onTestFinished(() => {
      folder.remove();
    });
    const socketPath = folder.at('control.sock');
    const board = new RunnerStateBoard('0'.repeat(32));
    const server = await serveControl({ board } as unknown as MachineRunner, socketPath);
    for (const message of ['', '{', '[]', 'null', '{"i":1}', '{"i":{},"t":7,"p":[]}', Buffer.alloc(2_000_000)]) {
      const socket = new WebSocket('ws://runner/', { createConnection: () => connect(socketPath) });
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('open', resolve));
      socket.send(message);
      await new Promise((resolve) => setTimeout(resolve, 30));
      socket.terminate();
    }
    const shell = await connectControl(socketPath);
    const states = await shell?.client.watch({});
    expect((await states?.next())?.value).toMatchObject({ power: 'off' });
    await server.close();
  });
});
