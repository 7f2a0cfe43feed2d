import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import type { GuestEvent } from '../../../../core/backends/backend.ts';
import { QemuGuest } from '../../../../core/backends/qemu/qemu-guest.ts';
import type { QemuProcess } from '../../../../core/backends/qemu/qemu-process.ts';
import { RedoubtError } from '../../../../core/base/redoubt-error.ts';

/** A monitor that is late with `stop`, as while a disk request waits for what is not on this host. */
class LateMonitor extends EventEmitter {
  execute(command: string): Promise<unknown> {
    const details = { backend: 'qemu', status: 'no answer', output: '' };
    if (command === 'stop') return Promise.reject(new RedoubtError('backend.exited', 'QEMU did not answer.', details));
    return Promise.resolve(command === 'query-status' ? { status: 'paused' } : {});
  }
}

it('a guest that stops long after it was asked to is paused, and not taken for broken', async () => {
  const client = new LateMonitor();
  let hasEnded = false;
  const qemu = {
    client,
    rfbSocketPath: '',
    gone: new Promise(() => undefined),
    describeEnd: () => '',
    end: () => {
      hasEnded = true;
      return Promise.resolve({});
    },
  } as unknown as QemuProcess;
  const events: GuestEvent[] = [];
  const guest = new QemuGuest(qemu, '', (event) => events.push(event));
  client.emit('event', { event: 'RESUME', data: {} });
  await expect(guest.pause()).rejects.toMatchObject({ code: 'backend.exited' });
  client.emit('event', { event: 'STOP', data: {} });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(hasEnded).toBe(false);
  expect(events).toEqual([{ kind: 'paused', reason: 'asked' }]);
});
