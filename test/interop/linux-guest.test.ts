import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createQemuBackend } from '../../core/backends/qemu/qemu-backend.ts';
import { Disposables } from '../../core/base/disposables.ts';
import { createRedoLog } from '../../core/disk/create/create-redo-log.ts';
import { discardRedoLog } from '../../core/disk/discard.ts';
import { openDiskSession } from '../../core/disk/session/session.ts';
import { startNbdServer } from '../../core/nbd/server.ts';
import { startLeakCheck } from '../support/leak-check.ts';
import { buildLinuxGuest } from '../support/linux-guest/build-linux-guest.ts';
import { createBaseFromImage } from '../support/linux-guest/linux-base.ts';
import { LinuxConsole } from '../support/linux-guest/linux-console.ts';
import { RfbClient } from '../support/rfb-client.ts';
import { makeTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { hasTools } from '../support/tools.ts';

const linux = hasTools('qemu-system-x86_64', 'mformat', 'syslinux', 'mke2fs', 'dpkg-deb')
  ? buildLinuxGuest()
  : undefined;

/** A real operating system on QEMU, with the engine's session as its disk behind another adapter and its driver. */
describe.skipIf(linux?.kind !== 'built')('Linux on an undoable disk', () => {
  let leaks: ReturnType<typeof startLeakCheck>;
  let folder: TempFolder;
  let base: string;
  const opened: Disposables[] = [];

  beforeAll(async () => {
    folder = makeTempFolder();
    base = folder.at('linux.vmdk');
    if (linux?.kind === 'built') await createBaseFromImage(base, linux.image, linux.sizeBytes);
  });

  afterAll(() => folder.remove());

  beforeEach(() => {
    leaks = startLeakCheck();
  });

  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
    await leaks.check();
  });

  /** Powers a machine on over `redo`, and returns its console when Linux is ready. */
  async function boot(redo: string, slot: string) {
    const machine = new Disposables();
    opened.push(machine);
    const run = makeTempFolder();
    machine.add(() => run.remove());
    const session = await openDiskSession({ file: base, mode: 'undoable', redo });
    machine.add(() => session.close());
    const { device } = session;
    const nbdSocketPath = run.at('nbd.sock');
    const nbd = await startNbdServer({ socketPath: nbdSocketPath, exports: new Map([[slot, device]]) });
    machine.add(() => nbd.close());
    const openPort = (): never => {
      throw new Error('QEMU reaches its disks by NBD');
    };
    const guest = await createQemuBackend({ stateDirectory: folder.at('state') }).start(
      {
        machineId: '00000000000000000000000000000001',
        machineName: 'Linux',
        memoryMb: 128,
        disks: [{ slot, sizeBytes: device.sizeBytes, nbdSocketPath, nbdExportName: slot, openPort }],
        cdrom: {},
        network: 'nat',
        serialFilePath: run.at('serial.txt'),
        runtimeDirectory: run.path,
      },
      () => undefined,
    );
    machine.add(() => guest.powerOff());
    const screen = await RfbClient.connect(guest.rfbSocketPath);
    machine.add(() => screen.close());
    const console = new LinuxConsole(run.at('serial.txt'), (line) => screen.typeLine(line));
    await console.ready();
    const shutDown = async (): Promise<void> => {
      await console.powerOff();
      expect(await guest.ended).toEqual({ kind: 'guest-stopped' });
      await machine.close();
    };
    return { console, shutDown };
  }

  function baseState(): object {
    const { mtimeNs, ctimeNs, size } = statSync(base, { bigint: true });
    return { mtimeNs, ctimeNs, size, hash: createHash('sha256').update(readFileSync(base)).digest('hex') };
  }

  // Discard, Keep and a second start on IDE are walked through the window (test/e2e/specs/linux-guest.spec.ts).
  it('runs from SCSI; what it syncs is in the log, and the base stays as it is', { timeout: 300_000 }, async () => {
    const before = baseState();
    const { file } = await createRedoLog({ parent: base, randomSuffix: false });
    const machine = await boot(file, 'scsi0:0');
    expect(await machine.console.run('save note written over scsi')).toEqual({ status: 0, said: '' });
    expect(readFileSync(file).includes('written over scsi\n')).toBe(true);
    expect(await machine.console.run('show note')).toEqual({ status: 0, said: 'written over scsi' });
    await machine.shutDown();
    await discardRedoLog({ redo: file });
    expect(baseState()).toEqual(before);
  });
});
