import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, uptime } from 'node:os';
import { join } from 'node:path';
import { replaceFile } from '../../base/atomic-file.ts';
import { startChild } from '../../base/child-process.ts';
import { openLifeline } from '../../base/lifeline.ts';
import { processorArguments, type Accelerator } from './arguments.ts';
import type { QemuBinary } from './locate.ts';
import { probeDisk, probeSuccessStatus } from './probe-program.ts';

/** What one QEMU can do on this host. */
export interface QemuAbilities {
  readonly accelerator: Accelerator;
  readonly hasSandbox: boolean;
}

/**
 * TCG's own run of the probe is the measure: about 0.2 s, and more on a busy host, which slows the others down
 * alike. A hardware accelerator that works is no slower; it may take four times as long, and at least this.
 * Observed: a para-virtual KVM inside a virtual machine opened and started, but took seconds for the firmware
 * alone and never came to the program's end.
 */
const leastLimitMs = 1500;
const tcgLimitMs = 10_000;

/** By platform, the best first. */
const hardwareAccelerators: Partial<Record<NodeJS.Platform, readonly Accelerator[]>> = {
  linux: ['kvm'],
  darwin: ['hvf'],
  win32: ['whpx'],
};

interface Memory extends QemuAbilities {
  readonly hostBoot: string;
  readonly path: string;
  readonly version: string;
}

/**
 * The best accelerator that has been seen to run real code within the time limit, else TCG. The answer is
 * remembered in `qemu-abilities.json` in `stateDirectory` until the host boots or QEMU changes.
 */
export async function qemuAbilities(binary: QemuBinary, stateDirectory: string): Promise<QemuAbilities> {
  return (await rememberedAbilities(binary, stateDirectory)) ?? (await freshAbilities(binary, stateDirectory));
}

/** The same without asking the memory, for when what it said has turned out wrong. */
export async function freshAbilities(binary: QemuBinary, stateDirectory: string): Promise<QemuAbilities> {
  const abilities = await probeAbilities(binary);
  await remember({ ...abilities, ...binary, hostBoot: await hostBootId() }, stateDirectory);
  return abilities;
}

/** What an earlier probe found on this boot of the host with this QEMU, or undefined. */
export async function rememberedAbilities(
  binary: QemuBinary,
  stateDirectory: string,
): Promise<QemuAbilities | undefined> {
  try {
    const memory = JSON.parse(await readFile(memoryFile(stateDirectory), 'utf8')) as Partial<Memory>;
    const isOurs =
      memory.hostBoot === (await hostBootId()) && memory.path === binary.path && memory.version === binary.version;
    if (!isOurs || typeof memory.hasSandbox !== 'boolean') return undefined;
    if (!isAccelerator(memory.accelerator)) return undefined;
    return { accelerator: memory.accelerator, hasSandbox: memory.hasSandbox };
  } catch {
    return undefined;
  }
}

/** Tries each accelerator of this platform. Takes about two seconds where one starts but does not work. */
export async function probeAbilities(binary: QemuBinary): Promise<QemuAbilities> {
  const startedAt = Date.now();
  const first = await probe(binary, 'tcg', process.platform === 'linux', tcgLimitMs);
  const limitMs = Math.max(leastLimitMs, 4 * (Date.now() - startedAt));
  const hasSandbox = process.platform === 'linux' && first !== 'no-sandbox';
  for (const accelerator of hardwareAccelerators[process.platform] ?? []) {
    if ((await probe(binary, accelerator, hasSandbox, limitMs)) === 'works') return { accelerator, hasSandbox };
  }
  return { accelerator: 'tcg', hasSandbox };
}

/** Boots the probe program once, for at most `limitMs`. */
async function probe(
  binary: QemuBinary,
  accelerator: Accelerator,
  hasSandbox: boolean,
  limitMs: number,
): Promise<'works' | 'fails' | 'no-sandbox'> {
  const folder = await mkdtemp(join(tmpdir(), 'redoubt-probe-'));
  const lifeline = openLifeline();
  try {
    const disk = join(folder, 'probe.img');
    await writeFile(disk, probeDisk());
    const child = await startChild(binary.path, probeArguments(disk, accelerator, hasSandbox), { lifeline });
    const timer = setTimeout(() => child.process.kill('SIGKILL'), limitMs);
    const exit = await child.exited.finally(() => clearTimeout(timer));
    if (exit.code === probeSuccessStatus) return 'works';
    return hasSandbox && exit.code !== undefined && /sandbox/.test(child.errorTail()) ? 'no-sandbox' : 'fails';
  } catch {
    return 'fails';
  } finally {
    await lifeline.release();
    await rm(folder, { recursive: true, force: true });
  }
}

function probeArguments(disk: string, accelerator: Accelerator, hasSandbox: boolean): string[] {
  return [
    ...['-no-user-config', '-nodefaults', '-display', 'none', '-machine', 'pc', '-m', '32M'],
    ...processorArguments(accelerator, hasSandbox),
    ...['-device', 'VGA'],
    ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=4'],
    ...['-blockdev', JSON.stringify({ driver: 'file', 'node-name': 'probe', filename: disk })],
    ...['-device', 'ide-hd,drive=probe'],
  ];
}

async function remember(memory: Memory, stateDirectory: string): Promise<void> {
  try {
    await mkdir(stateDirectory, { recursive: true });
    replaceFile(memoryFile(stateDirectory), `${JSON.stringify(memory, undefined, 2)}\n`);
  } catch {
    // Only time is lost: the next start probes again.
  }
}

function memoryFile(stateDirectory: string): string {
  return join(stateDirectory, 'qemu-abilities.json');
}

function isAccelerator(value: unknown): value is Accelerator {
  return value === 'tcg' || Object.values(hardwareAccelerators).some((list) => list.includes(value as Accelerator));
}

/** Names this boot of the host. Where the kernel gives no name it is the hour of the boot. */
async function hostBootId(): Promise<string> {
  const hour = Math.round((Date.now() / 1000 - uptime()) / 3600);
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (id) => id.trim(),
    () => `hour ${String(hour)}`,
  );
}
