import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startNbdServer, type NbdServer } from '../../core/nbd/server.ts';
import { MemoryDevice } from '../support/memory-device.ts';
import { makeTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { hasTools } from '../support/tools.ts';

const run = promisify(execFile);
const megabyte = 1024 * 1024;

/** A server over memory, with the folder its socket lies in. */
async function serve(device: MemoryDevice, name = ''): Promise<{ server: NbdServer; folder: TempFolder; uri: string }> {
  const folder = makeTempFolder();
  const server = await startNbdServer({ socketPath: folder.at('nbd.sock'), exports: new Map([[name, device]]) });
  onTestFinished(async () => {
    await server.close();
    folder.remove();
  });
  return { server, folder, uri: `nbd+unix:///${name}?socket=${server.socketPath}` };
}

describe.skipIf(!hasTools('nbdinfo', 'nbdcopy'))('libnbd', () => {
  it('sees what the export can do', async () => {
    const { uri } = await serve(new MemoryDevice(8 * megabyte), 'disk');
    const { stdout } = await run('nbdinfo', ['--json', uri]);
    const report = JSON.parse(stdout) as { protocol: string; exports: Record<string, unknown>[] };
    expect(report.protocol).toBe('newstyle-fixed');
    expect(report.exports).toHaveLength(1);
    expect(report.exports[0]).toMatchObject({
      'export-name': 'disk',
      'export-size': 8 * megabyte,
      is_read_only: false,
      can_flush: true,
      can_fua: true,
      can_trim: true,
      can_zero: true,
      can_multi_conn: true,
      block_size_minimum: 512,
      block_size_preferred: 4096,
      block_size_maximum: 32 * megabyte,
    });
  });

  it('lists exports', async () => {
    const { server } = await serve(new MemoryDevice(megabyte), 'scsi0:1');
    const { stdout } = await run('nbdinfo', ['--list', `nbd+unix://?socket=${server.socketPath}`]);
    expect(stdout).toContain('export="scsi0:1"');
  });

  it.each([false, true])('copies in over several connections, and out again (device slow: %s)', async (isSlow) => {
    const device = new MemoryDevice(24 * megabyte, { isSlow });
    const { folder, uri } = await serve(device);
    const content = Buffer.concat([randomBytes(5 * megabyte), Buffer.alloc(9 * megabyte), randomBytes(10 * megabyte)]);
    device.bytes.fill(0xee);
    writeFileSync(folder.at('in'), content);
    await run('nbdcopy', ['--flush', folder.at('in'), uri]);
    expect(device.bytes.equals(content)).toBe(true);
    expect(device.log).toContain('flush');
    await run('nbdcopy', [uri, folder.at('out')]);
    expect(readFileSync(folder.at('out')).equals(content)).toBe(true);
  });
});

describe.skipIf(!hasTools('qemu-img', 'qemu-io'))('qemu', () => {
  const image = (server: NbdServer): string => `nbd+unix:///?socket=${server.socketPath}`;

  it('writes, zeroes, trims and reads', async () => {
    const device = new MemoryDevice(64 * megabyte);
    const { server } = await serve(device);
    const commands = [
      'write -P 0xa5 1M 3M',
      'write -z 2M 512k',
      'write -f -P 0x5a 100k 1k',
      'discard 40M 8M',
      'read -P 0xa5 1M 1M',
      'flush',
    ];
    const { stdout } = await run('qemu-io', [
      '-f',
      'raw',
      ...commands.flatMap((command) => ['-c', command]),
      image(server),
    ]);
    expect(stdout).not.toMatch(/fail|error/i);
    expect(device.bytes.subarray(megabyte, 2 * megabyte).every((byte) => byte === 0xa5)).toBe(true);
    expect(device.bytes.subarray(2 * megabyte, 2.5 * megabyte).every((byte) => byte === 0)).toBe(true);
    expect(device.bytes[100 * 1024]).toBe(0x5a);
    expect(device.log).toContain(`discard ${String(40 * megabyte)}+${String(8 * megabyte)}`);
  });

  it('reports the size and converts', async () => {
    const device = new MemoryDevice(10 * megabyte);
    randomBytes(megabyte).copy(device.bytes, 3 * megabyte);
    const { server, folder } = await serve(device);
    const { stdout } = await run('qemu-img', ['info', '--output=json', image(server)]);
    expect((JSON.parse(stdout) as Record<string, unknown>)['virtual-size']).toBe(10 * megabyte);
    await run('qemu-img', ['convert', '-f', 'raw', '-O', 'raw', image(server), folder.at('out')]);
    expect(readFileSync(folder.at('out')).equals(device.bytes)).toBe(true);
  });

  it('runs deep queues of reads and writes', async () => {
    const { server } = await serve(new MemoryDevice(64 * megabyte));
    const bench = (...options: string[]) =>
      run('qemu-img', ['bench', '-f', 'raw', '-t', 'none', '-c', '4000', '-d', '32', ...options, image(server)]);
    await expect(bench('-s', '4096', '-S', '20480')).resolves.toBeDefined();
    await expect(bench('-w', '-s', '4096', '-S', '12288', '--flush-interval', '500')).resolves.toBeDefined();
    await expect(bench('-s', '262144')).resolves.toBeDefined();
  });
});
