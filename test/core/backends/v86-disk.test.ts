import { setTimeout as delay } from 'node:timers/promises';
import { MessageChannel, Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { createEmulator } from '../../../core/backends/v86/create-emulator.ts';
import { driveAt } from '../../../core/backends/v86/drives.ts';
import { findFirmware, type Firmware } from '../../../core/backends/v86/firmware.ts';
import { GuestDisk, type GuestDiskEvents } from '../../../core/backends/v86/guest-disk.ts';
import { installIdeHooks } from '../../../core/backends/v86/ide-hooks.ts';
import { testIdeHooks } from '../../../core/backends/v86/ide-self-test.ts';
import { BlockPortClient, serveBlockPort } from '../../../core/base/block-port.ts';
import { RedoubtError } from '../../../core/base/redoubt-error.ts';
import { MemoryDevice } from '../../support/memory-device.ts';

const noEvents: GuestDiskEvents = { onNoSpace: () => undefined, onFailure: () => undefined };
const firmware: Firmware | undefined = await findFirmware().catch(() => undefined);

describe('a disk of v86', () => {
  const disks: GuestDisk[] = [];

  async function openDisk(device: MemoryDevice, events = noEvents): Promise<GuestDisk> {
    const { port1, port2 } = new MessageChannel();
    serveBlockPort(device, port1);
    const link = { sizeBytes: device.sizeBytes, isWritable: true, port: port2 };
    const disk = await GuestDisk.open(new BlockPortClient(link), events);
    disks.push(disk);
    return disk;
  }

  afterEach(() => {
    for (const disk of disks.splice(0)) disk.close();
  });

  const read = (disk: GuestDisk, start: number, length: number): Promise<Uint8Array> =>
    new Promise((resolve) => {
      disk.get(start, length, resolve);
    });
  const done = (act: (end: () => void) => void): Promise<void> => new Promise(act);

  it('reads what was written before, in whatever time', async () => {
    const device = new MemoryDevice(4096, { isSlow: true });
    const disk = await openDisk(device);
    const bytes = Uint8Array.from({ length: 512 }, (_, i) => i);
    const written = done((end) => {
      disk.set(512, bytes, end);
    });
    bytes.fill(0); // v86 uses its buffer again
    await written;
    expect((await read(disk, 512, 512))[5]).toBe(5);
  });

  it('flushes after every write that was made before', async () => {
    const device = new MemoryDevice(4096, { isSlow: true });
    const disk = await openDisk(device);
    device.log.length = 0;
    disk.set(0, new Uint8Array(512), () => undefined);
    disk.set(1024, new Uint8Array(512), () => undefined);
    await done((end) => {
      disk.flushCache(end);
    });
    expect(device.log).toEqual(['write 0+512', 'write 1024+512', 'flush']);
  });

  it('tries again what found no room, with the same bytes', async () => {
    const device = new MemoryDevice(4096);
    let complaints = 0;
    const disk = await openDisk(device, { ...noEvents, onNoSpace: () => complaints++ });
    device.failures.set('write', new RedoubtError('disk.no-space', 'No room.', { file: 'disk' }));
    let hasEnded = false;
    const ended = done((end) => {
      disk.set(0, Uint8Array.of(1, 2, 3), end);
    }).then(() => {
      hasEnded = true;
    });
    await delay(50);
    expect([complaints, hasEnded]).toEqual([1, false]);
    device.failures.clear();
    disk.retry();
    await ended;
    expect([...device.bytes.subarray(0, 3)]).toEqual([1, 2, 3]);
  });

  it.each(['before', 'after'])('never makes what found no room %s a reset, over what came later', async (when) => {
    const device = new MemoryDevice(4096, { isSlow: true });
    let complaints = 0;
    const disk = await openDisk(device, { ...noEvents, onNoSpace: () => complaints++ });
    device.failures.set('write', new RedoubtError('disk.no-space', 'No room.', { file: 'disk' }));
    disk.set(0, Uint8Array.of(1, 2, 3), () => undefined);
    if (when === 'before') await disk.drain();
    disk.forget();
    await disk.drain();
    expect(complaints).toBe(when === 'before' ? 1 : 0);
    device.failures.clear();
    await done((end) => {
      disk.set(0, Uint8Array.of(7, 8, 9), end);
    });
    disk.retry();
    await done((end) => {
      disk.flushCache(end);
    });
    expect([...device.bytes.subarray(0, 3)]).toEqual([7, 8, 9]);
  });

  it('tells of a request that fails, and never answers it', async () => {
    const device = new MemoryDevice(4096);
    let failures = 0;
    const disk = await openDisk(device, { ...noEvents, onFailure: () => failures++ });
    device.failures.set(
      'read',
      new RedoubtError('disk.io', 'Broken.', { file: 'disk', operation: 'read', errno: 'EIO' }),
    );
    let hasAnswered = false;
    disk.get(0, 512, () => {
      hasAnswered = true;
    });
    await delay(50);
    expect([failures, hasAnswered]).toEqual([1, false]);
  });

  it('has written and flushed when a write-through returns', async () => {
    const { port1, port2 } = new MessageChannel();
    const log = new SharedArrayBuffer(16);
    // Another thread answers, as in a runner: this one is blocked meanwhile.
    const server = new Worker(
      `const { workerData: { port, log } } = require('node:worker_threads');
       const seen = new Int32Array(log); let count = 0;
       port.on('message', ({ id, op, lengthBytes }) => {
         if (op !== 'read') seen[count++] = op === 'write' ? 1 : 2;
         port.postMessage(op === 'read' ? { id, bytes: new Uint8Array(lengthBytes) } : { id });
       });`,
      { eval: true, workerData: { port: port1, log }, transferList: [port1] },
    );
    try {
      const disk = await GuestDisk.open(
        new BlockPortClient({ sizeBytes: 4096, isWritable: true, port: port2 }),
        noEvents,
      );
      disks.push(disk);
      disk.isWriteThrough = true;
      disk.set(0, new Uint8Array(512), () => undefined);
      expect([...new Int32Array(log)]).toEqual([1, 2, 0, 0]);
      disk.set(0, new Uint8Array(512), () => undefined);
      expect([...new Int32Array(log)]).toEqual([1, 2, 1, 2]);
    } finally {
      await server.terminate();
    }
  });

  it.skipIf(firmware === undefined)('is found out by the self-test unless v86 is hooked', async () => {
    if (firmware === undefined) return;
    const disk = await openDisk(new MemoryDevice(64 * 1024));
    const { bios, vgaBios } = firmware;
    const emulator = await createEmulator({ memoryMb: 8, bios, vgaBios, disks: new Map([['ide0:0', disk]]) });
    const { cpu } = emulator.v86;
    const drive = driveAt(cpu, 'ide0:0');
    if (drive === undefined) throw new Error('there is no drive');
    expect(testIdeHooks(cpu, drive)).toContain('write cache');
    expect(drive.buffer).toBe(disk);
    installIdeHooks(drive);
    expect(testIdeHooks(cpu, drive)).toBeUndefined();
    expect(drive.buffer).toBe(disk);
  });
});
