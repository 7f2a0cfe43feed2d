import { RPCHandler } from '@orpc/server/message-port';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { asRedoubtError } from '../../../renderer/transport/as-redoubt-error.ts';
import { connectByPort } from '../../../renderer/transport/port-connection.ts';
import { makeFakeRouter } from '../support/fake-client.ts';
import { FakeCore, refuse } from '../support/fake-core.ts';

const ports: MessagePort[] = [];

/** A window whose messages go to a shell: it serves the contract on one kind of port, and echoes on the other. */
function stubWindow(core: FakeCore): { offers: unknown[] } {
  const offers: unknown[] = [];
  vi.stubGlobal('window', {
    location: { origin: 'app://redoubt' },
    postMessage(offer: { type: string }, target: string, [port]: MessagePort[]) {
      offers.push({ ...offer, target });
      if (port === undefined) return;
      ports.push(port);
      if (offer.type === 'redoubt:api') {
        new RPCHandler(makeFakeRouter(core)).upgrade(port, { context: {} });
        port.start();
      } else {
        port.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
          port.postMessage(data);
        };
      }
    },
  });
  return { offers };
}

afterEach(() => {
  for (const port of ports.splice(0)) port.close();
  vi.unstubAllGlobals();
});

describe('the connection to the desktop shell', () => {
  it('offers a port of its own window and calls on it', async () => {
    const core = new FakeCore();
    const { offers } = stubWindow(core);
    const connection = connectByPort();
    expect(offers).toEqual([{ type: 'redoubt:api', target: 'app://redoubt' }]);
    expect((await connection.client.shell.info({})).platform).toBe('linux');
    core.failures.set('machines.reset', refuse('machine.not-found', { id: 'x' }));
    expect(await connection.client.machines.reset({ id: 'x' }).catch(asRedoubtError)).toMatchObject({
      code: 'machine.not-found',
    });
  });

  it('carries a screen on another port', async () => {
    const { offers } = stubWindow(new FakeCore());
    const channel = connectByPort().openConsole('m1');
    const got = new Promise((resolve) => {
      channel.onmessage = ({ data }) => {
        resolve([...new Uint8Array(data as ArrayBuffer)]);
      };
    });
    channel.send(Uint8Array.of(4, 5));
    expect(await got).toEqual([4, 5]);
    expect(offers).toContainEqual({ type: 'redoubt:rfb', machineId: 'm1', target: 'app://redoubt' });
    channel.close();
  });
});
