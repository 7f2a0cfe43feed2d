import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listenForQmp, type QmpEvent, type QmpListener } from '../../../../core/backends/qemu/qmp-client.ts';
import { FakeQmpServer } from '../../../support/fake-qmp-server.ts';
import { startLeakCheck } from '../../../support/leak-check.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

describe('QMP', () => {
  let leaks: ReturnType<typeof startLeakCheck>;
  let folder: TempFolder;
  let listener: QmpListener;
  let qemu: FakeQmpServer | undefined;

  beforeEach(async () => {
    leaks = startLeakCheck();
    folder = makeTempFolder();
    listener = await listenForQmp(folder.at('qmp.sock'));
  });

  afterEach(async () => {
    qemu?.close();
    qemu = undefined;
    await listener.close();
    folder.remove();
    await leaks.check();
  });

  const connectQemu = (
    ...rest: [((command: { execute: string; id: number }) => object | undefined)?, string?]
  ): FakeQmpServer => {
    qemu = new FakeQmpServer(folder.at('qmp.sock'), ...rest);
    return qemu;
  };

  it('greets, asks for its capabilities, and carries commands with their arguments', async () => {
    const server = connectQemu(({ execute, id }) => ({ return: { said: execute }, id }));
    const client = await listener.client;
    expect(await client.execute('query-status', { a: 1 })).toEqual({ said: 'query-status' });
    expect(server.received.map(({ execute }) => execute)).toEqual(['qmp_capabilities', 'query-status']);
    expect(server.received[1]?.arguments).toEqual({ a: 1 });
  });

  it('answers may come in another order', async () => {
    const held: object[] = [];
    const server = connectQemu(({ execute, id }) => {
      if (execute === 'qmp_capabilities') return { return: {}, id };
      held.push({ return: execute, id });
      if (held.length === 2) for (const reply of held.reverse()) server.send(reply);
      return undefined;
    });
    const client = await listener.client;
    expect(await Promise.all([client.execute('one'), client.execute('two')])).toEqual(['one', 'two']);
  });

  it('a refusal is backend.refused, in the words of QEMU', async () => {
    connectQemu(({ execute, id }) =>
      execute === 'cont' ? { error: { class: 'GenericError', desc: 'Resetting is required' }, id } : { return: {}, id },
    );
    const client = await listener.client;
    await expect(client.execute('cont')).rejects.toMatchObject({
      code: 'backend.refused',
      details: { request: 'cont', reason: 'Resetting is required' },
    });
  });

  it('an event that came before an answer is delivered before it', async () => {
    const order: string[] = [];
    const server = connectQemu(({ execute, id }) => {
      if (execute === 'stop') server.send({ event: 'STOP', timestamp: {} });
      return { return: {}, id };
    });
    const client = await listener.client;
    client.on('event', ({ event }: QmpEvent) => order.push(event));
    await client.execute('stop').then(() => order.push('answer'));
    expect(order).toEqual(['STOP', 'answer']);
  });

  it('when the connection ends, what waits and what comes rejects', async () => {
    const server = connectQemu(({ execute, id }) => (execute === 'qmp_capabilities' ? { return: {}, id } : undefined));
    const client = await listener.client;
    const waiting = client.execute('query-block');
    server.close();
    await expect(waiting).rejects.toMatchObject({ code: 'backend.exited' });
    await expect(client.execute('quit')).rejects.toMatchObject({ code: 'backend.exited' });
  });

  it.each([
    ['no JSON', 'hello\n'],
    ['a list', '[1]\n'],
    ['a line without end', 'x'.repeat(5 * 1024 * 1024)],
  ])('%s ends the connection', async (_, text) => {
    const server = connectQemu();
    const client = await listener.client;
    const ended = new Promise<void>((resolve) => client.once('close', resolve));
    server.sendRaw(text);
    await ended;
  });

  it('nobody came: closing ends the wait and removes the socket', async () => {
    await listener.close();
    await expect(listener.client).rejects.toMatchObject({ code: 'backend.exited' });
    expect(existsSync(folder.at('qmp.sock'))).toBe(false);
  });
});
