import type { FlushableImage } from './ide-hooks.ts';
import type { Cpu, IdeChannel, IdeInterface } from './v86-surface.ts';

const BUSY = 0x80;
const READY = 0x50;

/**
 * Tries the hooks of `ide-hooks.ts` on a drive through the ports that a guest uses, before the guest
 * runs: the drive must own up to its cache, and a flush and a write must reach the image, keep the drive
 * busy, and end when the image says so.
 * The drive's own disk is taken out meanwhile, so nothing is written. Returns what went wrong, if anything.
 */
export function testIdeHooks(cpu: Cpu, drive: IdeInterface): string | undefined {
  const disk = drive.buffer;
  const probe = new Probe();
  drive.buffer = probe;
  try {
    return tryIdentify(cpu, drive) ?? tryFlush(cpu, drive, probe) ?? tryWrite(cpu, drive, probe);
  } catch (error) {
    return String(error);
  } finally {
    drive.buffer = disk;
    drive.current_command = -1;
    select(cpu, drive.channel, drive.channel.master);
  }
}

function tryIdentify(cpu: Cpu, drive: IdeInterface): string | undefined {
  const base = drive.channel.command_base;
  select(cpu, drive.channel, drive);
  cpu.io.port_write8(base + 7, 0xec);
  const words = Array.from({ length: 256 }, () => cpu.io.port_read16(base));
  const hasCache = [82, 85].every((word) => ((words[word] ?? 0) & 0x20) !== 0);
  return hasCache ? undefined : 'the drive hides its write cache';
}

function tryFlush(cpu: Cpu, drive: IdeInterface, probe: Probe): string | undefined {
  for (const command of [0xe7, 0xea]) {
    select(cpu, drive.channel, drive);
    cpu.io.port_write8(drive.channel.command_base + 7, command);
    const problem = expectTask(cpu, drive, probe, `flush ${command.toString(16)}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function tryWrite(cpu: Cpu, drive: IdeInterface, probe: Probe): string | undefined {
  const base = drive.channel.command_base;
  select(cpu, drive.channel, drive);
  cpu.io.port_write8(base + 2, 1); // one sector
  for (const register of [3, 4, 5]) cpu.io.port_write8(base + register, 0);
  cpu.io.port_write8(base + 7, 0x30);
  for (let word = 0; word < 256; word++) cpu.io.port_write16(base, 0xa55a);
  return expectTask(cpu, drive, probe, 'write');
}

function expectTask(cpu: Cpu, drive: IdeInterface, probe: Probe, what: string): string | undefined {
  const status = () => cpu.io.port_read8(drive.channel.control_base);
  const finish = probe.pending;
  probe.pending = undefined;
  if (finish === undefined) return `a ${what} does not reach the disk`;
  if ((status() & BUSY) === 0) return `a ${what} ends before the disk is done`;
  finish();
  return status() === READY ? undefined : `a ${what} does not end`;
}

/** Drive and head register: LBA, and which of the two. */
function select(cpu: Cpu, channel: IdeChannel, drive: IdeInterface): void {
  cpu.io.port_write8(channel.command_base + 6, drive === channel.slave ? 0xf0 : 0xe0);
}

/** Holds one task until it is let go. */
class Probe implements FlushableImage {
  readonly byteLength = 1024 * 1024;
  pending: (() => void) | undefined;

  load(): void {
    // A probe is never loaded.
  }

  get(_startBytes: number, lengthBytes: number, done: (bytes: Uint8Array) => void): void {
    done(new Uint8Array(lengthBytes));
  }

  set(_startBytes: number, _bytes: Uint8Array, done: () => void): void {
    this.pending = done;
  }

  flushCache(done: () => void): void {
    this.pending = done;
  }

  get_and_cache(startBytes: number, lengthBytes: number, done: (bytes: Uint8Array) => void): void {
    this.get(startBytes, lengthBytes, done);
  }

  get_from_cache(): Uint8Array | undefined {
    return undefined;
  }
}
