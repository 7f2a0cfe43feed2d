import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackendConfiguration } from '../../core/backends/backend.ts';
import { locateQemu } from '../../core/backends/qemu/locate.ts';
import { createQemuBackend } from '../../core/backends/qemu/qemu-backend.ts';
import { startNbdServer, type NbdServer } from '../../core/nbd/server.ts';
import { startLeakCheck } from '../support/leak-check.ts';
import { MemoryDevice } from '../support/memory-device.ts';
import { makeTempFolder, type TempFolder } from '../support/temp-folder.ts';

const location = await locateQemu();
if (location.kind === 'missing') console.warn(`skipped: ${location.reason}`);

/** What a real QEMU must not do: start without a disk, listen on the network, or outlive its runner. */
describe.skipIf(location.kind === 'missing')('a real QEMU', { timeout: 60_000 }, () => {
  const state = makeTempFolder();
  const backend = createQemuBackend({ stateDirectory: state.path });
  const ignoreEvents = (): void => undefined;
  let leaks: ReturnType<typeof startLeakCheck>;
  let folder: TempFolder;
  let nbd: NbdServer;

  beforeEach(async () => {
    leaks = startLeakCheck();
    folder = makeTempFolder();
    const exports = new Map([['disk', new MemoryDevice(1024 * 1024)]]);
    nbd = await startNbdServer({ socketPath: folder.at('nbd.sock'), exports });
  });

  afterEach(async () => {
    await nbd.close();
    folder.remove();
    await leaks.check();
  });

  afterAll(() => state.remove());

  function configuration(
    disk: { sizeBytes?: number; nbdExportName?: string; slot?: string } = {},
  ): BackendConfiguration {
    const openPort = (): never => {
      throw new Error('QEMU reaches its disks by NBD');
    };
    const { slot = 'ide0:0', sizeBytes = 1024 * 1024, nbdExportName = 'disk' } = disk;
    return {
      machineId: '1',
      machineName: 'm',
      memoryMb: 32,
      disks: [{ slot, sizeBytes, nbdSocketPath: folder.at('nbd.sock'), nbdExportName, openPort }],
      cdrom: {},
      network: 'nat',
      runtimeDirectory: folder.path,
    };
  }

  it('is not started without its disk', async () => {
    await expect(backend.start(configuration({ nbdExportName: 'another' }), ignoreEvents)).rejects.toMatchObject({
      code: 'backend.exited',
    });
  });

  it('is not started with a disk of another size', async () => {
    await expect(backend.start(configuration({ sizeBytes: 512 }), ignoreEvents)).rejects.toMatchObject({
      code: 'backend.refused',
    });
  });

  it('is not started with an image that is not there', async () => {
    const cdrom = { isoPath: folder.at('missing.iso') };
    await expect(backend.start({ ...configuration(), cdrom }, ignoreEvents)).rejects.toMatchObject({
      code: 'backend.exited',
      details: { output: expect.stringContaining('missing.iso') as string },
    });
  });

  it.runIf(process.platform === 'linux')('listens on no network address', async () => {
    const guest = await backend.start(configuration(), ignoreEvents);
    const pid = processesWith(folder.path)[0] ?? 0;
    expect(pid).toBeGreaterThan(0);
    expect(networkSocketsOf(pid)).toEqual([]);
    await guest.powerOff();
  });

  it.runIf(process.platform === 'linux')('ended by a stranger: failed, with what QEMU said', async () => {
    const guest = await backend.start(configuration(), ignoreEvents);
    process.kill(processesWith(folder.path)[0] ?? 0, 'SIGKILL');
    expect(await guest.ended).toMatchObject({ kind: 'failed', reason: expect.stringContaining('SIGKILL') as string });
  });

  it.runIf(process.platform === 'linux')('ends when its runner is killed', async () => {
    const { disks, ...plain } = configuration();
    const program = `
      const { createQemuBackend } = await import('./core/backends/qemu/qemu-backend.ts');
      const backend = createQemuBackend({ stateDirectory: ${JSON.stringify(state.path)} });
      await backend.start(${JSON.stringify({ ...plain, disks })}, () => undefined);
      console.log('runs');
    `;
    const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', program];
    const runner = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(runner.stdout, 'data');
    expect(processesWith(folder.at('qmp.sock'))).toHaveLength(1);
    runner.kill('SIGKILL');
    await once(runner, 'exit');
    await expect.poll(() => processesWith(folder.at('qmp.sock')), { timeout: 5000 }).toEqual([]);
    await delay(50);
  });
});

/** Processes that have this text on their command line. */
function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && entry !== String(process.pid))
    .filter((pid) => read(`/proc/${pid}/cmdline`).includes(text))
    .map(Number);
}

/** The lines of the kernel's tables of IP sockets that belong to a process. */
function networkSocketsOf(pid: number): string[] {
  const folder = `/proc/${String(pid)}/fd`;
  const inodes = readdirSync(folder).flatMap(
    (fd) => /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${fd}`))?.[1] ?? [],
  );
  const lines = ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((table) =>
    read(`/proc/${String(pid)}/net/${table}`)
      .split('\n')
      .slice(1),
  );
  return lines.filter((line) => inodes.includes(line.trim().split(/\s+/)[9] ?? ''));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
