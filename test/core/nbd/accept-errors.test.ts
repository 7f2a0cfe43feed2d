import net, { type Server } from 'node:net';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { startNbdServer } from '../../../core/nbd/server.ts';
import { MemoryDevice } from '../../support/memory-device.ts';
import { NbdTestClient } from '../../support/nbd-client.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const createServer = net.createServer.bind(net);
let made: Server[];
beforeEach(() => {
  made = [];
  net.createServer = ((...args: Parameters<typeof createServer>) => {
    const server = createServer(...args);
    made.push(server);
    return server;
  }) as typeof net.createServer;
  syncBuiltinESMExports();
});
afterEach(() => {
  net.createServer = createServer;
  syncBuiltinESMExports();
});

it('a client that the system can’t let in, again and again, is no end for the others', async () => {
  const folder = makeTempFolder();
  const exports = new Map([['', new MemoryDevice(2 ** 20)]]);
  const server = await startNbdServer({ socketPath: folder.at('nbd.sock'), exports });
  onTestFinished(async () => {
    await server.close();
    folder.remove();
  });
  for (let time = 0; time < 3; time++)
    made[0]?.emit('error', Object.assign(new Error('accept ENFILE'), { code: 'ENFILE', syscall: 'accept' }));
  const client = await NbdTestClient.open(server.socketPath);
  expect(made).toHaveLength(1);
  client.close();
});
