import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BlockDevice } from '../../core/disk/block-device.ts';
import { startNbdServer, type NbdServer } from '../../core/nbd/server.ts';
import { MemoryDevice } from '../support/memory-device.ts';
import { makeTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { makeLink, openDevice, type TestDisk } from '../support/test-chain.ts';
import { hasTools } from '../support/tools.ts';

const run = promisify(execFile);
const megabyte = 1024 * 1024;

/** A server over memory, with the folder its socket lies in. */
async function serve(device: BlockDevice, name = ''): Promise<{ server: NbdServer; folder: TempFolder; uri: string }> {
  const folder = makeTempFolder();
  const server = await startNbdServer({ socketPath: folder.at('nbd.sock'), exports: new Map([[name, device]]) });
  onTestFinished(async () => {
    await server.close();
    folder.remove();
  });
  return { server, folder, uri: `nbd+unix:///${name}?socket=${server.socketPath}` };
}

/** A log over a base, on real files: data in the base at 1 MiB, in the log at 5 and 31 MiB, each 1 MiB long. */
async function serveChain(): Promise<{ server: NbdServer; folder: TempFolder; uri: string; content: Buffer }> {
  const folder = makeTempFolder();
  const spans = [32_768, 32_768];
  const base = makeLink(folder, 'base', spans);
  const content = Buffer.alloc(32 * megabyte);
  const put = async (disks: readonly TestDisk[], offsets: readonly number[]): Promise<void> => {
    const device = openDevice(disks);
    for (const offset of offsets) {
      const bytes = randomBytes(megabyte);
      bytes.copy(content, offset);
      await device.write(offset, [bytes]);
    }
    await device.close();
  };
  await put([base], [megabyte]);
  const log = makeLink(folder, 'log', spans, { parent: base, grainSectors: 8 });
  await put([log, base], [5 * megabyte, 31 * megabyte]);
  const device = openDevice([log, base]);
  onTestFinished(async () => {
    await device.close();
    folder.remove();
  });
  return { ...(await serve(device)), content };
}

const wantedMap = [
  [0, 1, 0],
  [1, 1, 1],
  [2, 3, 0],
  [5, 1, 1],
  [6, 25, 0],
  [31, 1, 1],
].map(([at = 0, length = 0, isData = 0]) => ({
  start: at * megabyte,
  length: length * megabyte,
  isData: isData === 1,
}));

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
      can_fast_zero: true,
      can_df: true,
      contexts: ['base:allocation'],
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

describe.skipIf(!hasTools('nbdinfo', 'nbdcopy'))('libnbd on a chain', () => {
  it('sees where data is', async () => {
    const { uri } = await serveChain();
    const { stdout } = await run('nbdinfo', ['--map', '--json', uri]);
    const map = JSON.parse(stdout) as { offset: number; length: number; type: number }[];
    expect(map.map(({ offset, length, type }) => ({ start: offset, length, isData: type === 0 }))).toEqual(wantedMap);
    expect(map.every(({ type }) => type === 0 || type === 3)).toBe(true);
  });

  it('copies out what is there and leaves holes where nothing is', async () => {
    const { uri, folder, content } = await serveChain();
    await run('nbdcopy', [uri, folder.at('out')]);
    expect(readFileSync(folder.at('out')).equals(content)).toBe(true);
    const bytes = statSync(folder.at('out')).blocks * 512;
    expect([bytes >= 3 * megabyte, bytes < 4 * megabyte]).toEqual([true, true]);
  });
});

describe.skipIf(!hasTools('fio'))('fio', () => {
  it('verifies what it wrote, at every depth', async () => {
    const { uri, folder } = await serveChain();
    const job = ['--name=mix', '--ioengine=nbd', `--uri=${uri}`, '--rw=randrw', '--bsrange=512-64k', '--size=32M'];
    await run('fio', [
      ...job,
      '--iodepth=32',
      '--verify=crc32c',
      '--verify_fatal=1',
      '--verify_state_save=0',
      '--io_size=48M',
      '--fsync=200',
      '--randseed=7',
      '--output-format=json',
      `--output=${folder.at('report')}`,
    ]);
    const [result] = (JSON.parse(readFileSync(folder.at('report'), 'utf8')) as { jobs: { error: number }[] }).jobs;
    expect(result?.error).toBe(0);
  });
});

describe.skipIf(!hasTools('qemu-img', 'qemu-io'))('qemu', () => {
  const image = (server: NbdServer): string => `nbd+unix:///?socket=${server.socketPath}`;

  it('maps a chain and converts it without reading holes', async () => {
    const { server, folder, content } = await serveChain();
    const { stdout } = await run('qemu-img', ['map', '--output=json', '-f', 'raw', image(server)]);
    const map = JSON.parse(stdout) as { start: number; length: number; data: boolean; zero: boolean }[];
    expect(map.map(({ start, length, data }) => ({ start, length, isData: data }))).toEqual(wantedMap);
    expect(map.every(({ data, zero }) => data !== zero)).toBe(true);
    await run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', image(server), folder.at('out.qcow2')]);
    await run('qemu-img', ['compare', '-f', 'raw', '-F', 'qcow2', image(server), folder.at('out.qcow2')]);
    expect(statSync(folder.at('out.qcow2')).size).toBeLessThan(5 * megabyte);
    await run('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', folder.at('out.qcow2'), folder.at('out.raw')]);
    expect(readFileSync(folder.at('out.raw')).equals(content)).toBe(true);
  });

  it('converts into an export and leaves what is zero unallocated', async () => {
    const { folder } = await serveChain();
    const target = makeLink(folder, 'target', [65_536]);
    const device = openDevice([target]);
    const { server } = await serve(device);
    const content = Buffer.alloc(32 * megabyte);
    randomBytes(megabyte).copy(content, 20 * megabyte);
    writeFileSync(folder.at('in.raw'), content);
    await run('qemu-img', ['convert', '-n', '-f', 'raw', '-O', 'raw', folder.at('in.raw'), image(server)]);
    await run('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', folder.at('in.raw'), image(server)]);
    await device.close();
    const bytes = statSync(target.files[0] as string).size;
    expect([bytes > megabyte, bytes < 1.5 * megabyte]).toEqual([true, true]);
  });

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
