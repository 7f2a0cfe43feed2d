import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { firmwareDirectories } from '../../../core/backends/v86/firmware.ts';
import { V86Backend } from '../../../core/backends/v86/v86-backend.ts';
import { RedoubtError } from '../../../core/base/redoubt-error.ts';
import { writeBootableIso } from '../../support/bootable-iso.ts';
import { MemoryDevice } from '../../support/memory-device.ts';
import { bootCount, notesOn, readScratchpadImage } from '../../support/scratchpad.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { TestMachine, portedDisk } from '../../support/test-machine.ts';

const backend = new V86Backend();
const { isAvailable } = await backend.availability();
if (!isAvailable) console.log(`skipped: v86 has no firmware in any of ${firmwareDirectories().join(', ')}`);

describe.skipIf(!isAvailable)('v86 with Scratchpad', { timeout: 60_000 }, () => {
  const machines: TestMachine[] = [];

  function scratchpadDisk(sizeBytes = 1024 * 1024): MemoryDevice {
    const device = new MemoryDevice(sizeBytes);
    device.bytes.set(readScratchpadImage());
    return device;
  }

  async function start(device: MemoryDevice, slot = 'ide0:0', more = {}): Promise<TestMachine> {
    const machine = await TestMachine.start(backend, [portedDisk(slot, device)], more);
    machines.push(machine);
    return machine;
  }

  afterEach(async () => {
    for (const machine of machines.splice(0)) await machine.stop();
  });

  it('boots, saves a typed note, counts a reset, and ends when the guest powers off', async () => {
    const device = scratchpadDisk();
    const machine = await start(device);
    const screen = await machine.screen();
    expect(screen.name).toBe('Test machine');
    await screen.waitForText(/Boot 1\. Type a note and press Enter\./);
    await screen.typeLine('Hello, World!');
    await screen.waitForText(/1\. Hello, World!/);
    expect(notesOn(device.bytes)).toEqual([{ number: 1, text: 'Hello, World!' }]);

    await machine.guest.reset();
    await screen.waitForText(/Boot 2\./);
    expect(bootCount(device.bytes)).toBe(2);
    expect(machine.events).toEqual([{ kind: 'reset' }]);

    const png = Buffer.from(await machine.guest.screenshot());
    expect(png.toString('latin1', 1, 4)).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([720, 400]);

    await screen.typeLine('poweroff');
    expect(await machine.guest.ended).toEqual({ kind: 'guest-stopped' });
    expect(existsSync(machine.guest.rfbSocketPath)).toBe(false);
    const serial = readFileSync(machine.folder.at('serial.txt'), 'latin1');
    expect(serial).toContain('Boot 1.');
    expect(serial).toContain('Saved note 1.');
    await expect(machine.guest.reset()).rejects.toThrow('off');
  });

  it('ends a flush of the guest only when the session has flushed', async () => {
    const device = scratchpadDisk();
    const machine = await start(device);
    const screen = await machine.screen();
    await screen.waitForText(/Boot 1\./);
    let letGo = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    device.flush = async () => {
      device.log.push('flush');
      await gate;
    };
    device.log.length = 0;
    await screen.typeLine('durable');
    await delay(1000);
    expect(device.log.filter((entry) => !entry.startsWith('read'))).toEqual(['write 16384+512', 'flush']);
    expect(screen.text()).not.toContain('durable\n'); // still being saved
    expect(screen.text()).not.toContain('Saved');
    letGo();
    await screen.waitForText(/Saved note 1/);
  });

  it('shows the guest an error when the disk fails', async () => {
    const device = scratchpadDisk();
    const machine = await start(device);
    const screen = await machine.screen();
    await screen.waitForText(/Boot 1\./);
    device.failures.set(
      'write',
      new RedoubtError('disk.io', 'Broken.', { file: 'disk', operation: 'write', errno: 'EIO' }),
    );
    await screen.typeLine('lost');
    await screen.waitForText(/Disk error ..h at sector 32/);
    device.failures.clear();
    await screen.typeLine('found');
    await screen.waitForText(/1\. found/);
  });

  it.each(['ide0:1', 'ide1:0', 'ide1:1'])('boots from %s', async (slot) => {
    const device = scratchpadDisk(64 * 1024);
    const machine = await start(device, slot);
    const screen = await machine.screen({ wantsExtendedKeys: false });
    await screen.waitForText(/Boot 1\./);
    await screen.typeLine('Key Symbols?');
    await screen.waitForText(/1\. Key Symbols\?/);
  });

  it('boots from a CD when the disk is blank', async () => {
    using folder = makeTempFolder();
    writeBootableIso(folder.at('boot.iso'));
    const machine = await start(new MemoryDevice(1024 * 1024), 'ide0:0', { cdrom: { isoPath: folder.at('boot.iso') } });
    const screen = await machine.screen();
    await screen.waitForText(/Booted from the CD\./);
  });

  it('runs without any disk, with an empty CD drive', async () => {
    const machine = await TestMachine.start(backend, [], { cdrom: {} });
    machines.push(machine);
    const screen = await machine.screen();
    await screen.waitForText(/No bootable device/);
  });

  it('refuses what it does not have, and leaves nothing behind', async () => {
    await expect(start(scratchpadDisk(), 'scsi0:0')).rejects.toMatchObject({ code: 'backend.unsupported' });
    await expect(start(scratchpadDisk(), 'ide0:0', { memoryMb: 4096 })).rejects.toMatchObject({
      code: 'machine.bad-memory',
    });
    await expect(start(scratchpadDisk(), 'ide0:0', { cdrom: { isoPath: '/nowhere.iso' } })).rejects.toMatchObject({
      code: 'disk.not-found',
    });
    const machine = await start(scratchpadDisk());
    await expect(machine.guest.requestShutdown()).rejects.toMatchObject({ code: 'backend.unsupported' });
  });
});

describe('v86 without firmware', () => {
  it('says where it looked', async () => {
    const bare = new V86Backend(['/nowhere', '/nowhere/else']);
    expect(await bare.availability()).toMatchObject({ isAvailable: false, code: 'backend.firmware-missing' });
    await expect(TestMachine.start(bare, [])).rejects.toMatchObject({
      code: 'backend.firmware-missing',
      details: { searched: ['/nowhere', '/nowhere/else'] },
    });
  });
});
