import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import type { NbdServerProcess } from './nbd-servers.ts';

const run = promisify(execFile);

/** One measurement of one contender. */
export interface Sample {
  /** Requests a second. */
  readonly rate: number;
  /** Processor time of the server for one request, in microseconds, where there is a server. */
  readonly cpuMicroseconds?: number;
}

/** The same work by both contenders, right behind each other. */
export interface Pair {
  readonly ours: Sample;
  readonly peer: Sample;
}

export interface FioJob {
  readonly rw: 'randread' | 'randwrite' | 'read' | 'write' | 'randrw';
  readonly blockBytes: number;
  readonly depth: number;
  /** For example `--fsync=1`. */
  readonly extra?: readonly string[];
}

interface FioReport {
  jobs: { error: number; read: FioDirection; write: FioDirection }[];
}
interface FioDirection {
  iops: number;
}

/** How long fio loads a server. */
export interface FioTime {
  /** Not counted: a fresh process compiles what it does often, and a fresh qcow2 overlay makes its tables. */
  readonly rampSeconds: number;
  readonly seconds: number;
}

/** Runs fio's own NBD engine against a server. `scratch` is a file it may write. */
export async function fio(
  server: NbdServerProcess,
  job: FioJob,
  sizeBytes: number,
  { rampSeconds, seconds }: FioTime,
  scratch: string,
): Promise<Sample> {
  const args = [
    '--name=bench',
    '--ioengine=nbd',
    `--uri=${server.uri}`,
    `--rw=${job.rw}`,
    `--bs=${String(job.blockBytes)}`,
    `--iodepth=${String(job.depth)}`,
    `--size=${String(sizeBytes)}`,
    '--time_based',
    `--ramp_time=${String(rampSeconds * 1000)}ms`,
    `--runtime=${String(seconds * 1000)}ms`,
    '--norandommap',
    '--randrepeat=1',
    // A clock read for every request would be a good part of what the client does.
    '--gtod_reduce=1',
    '--output-format=json',
    `--output=${scratch}`,
    ...(job.extra ?? []),
  ];
  const before = server.cpuSeconds();
  await run('fio', args);
  const cpuSeconds = server.cpuSeconds() - before;
  const report = JSON.parse(readFileSync(scratch, 'utf8')) as FioReport;
  rmSync(scratch, { force: true });
  const [result] = report.jobs;
  if (result === undefined || result.error !== 0) throw new Error(`fio failed: ${JSON.stringify(job)}`);
  const rate = result.read.iops + result.write.iops;
  return { rate, cpuMicroseconds: (cpuSeconds / (rate * (seconds + rampSeconds))) * 1e6 };
}

/** One 4 KiB read in every 8 MiB, so that a server has read the tables of a disk once. */
export async function touchAll(server: NbdServerProcess, sizeBytes: number): Promise<void> {
  await run('fio', [
    '--name=touch',
    '--ioengine=nbd',
    `--uri=${server.uri}`,
    '--rw=read:8188k',
    '--bs=4k',
    '--iodepth=32',
    `--size=${String(sizeBytes)}`,
    `--io_size=${String(sizeBytes / 2048)}`,
  ]);
}

/** Small, odd multiples of the block make the next request land far away: qemu-img bench has no random mode. */
const strideBlocks = 100_003;

/** An image as QEMU's block layer opens it: our server's socket, or a qcow2 file. */
export type QemuImage = { readonly socketPath: string } | { readonly qcow2: string };

/** 4 KiB reads at queue depth 32 through QEMU's own block layer, over a large stride, in the first `sizeBytes`. */
export async function qemuImgBench(image: QemuImage, requests: number, sizeBytes: number): Promise<Sample> {
  const file =
    'qcow2' in image
      ? { driver: 'qcow2', file: { driver: 'file', filename: image.qcow2 } }
      : { driver: 'nbd', server: { type: 'unix', path: image.socketPath } };
  const whole = `json:${JSON.stringify({ driver: 'raw', size: sizeBytes, file })}`;
  const stride = String(4096 * strideBlocks);
  // Shared, because the server of the other rows has the image open.
  const options = ['-U', '-c', String(requests), '-d', '32', '-s', '4096', '-S', stride];
  const { stdout } = await run('qemu-img', ['bench', ...options, whole]);
  const seconds = Number(/Run completed in ([0-9.]+) seconds/.exec(stdout)?.[1]);
  return { rate: requests / seconds };
}
