import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ChildExit } from '../../base/child-process.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import type { GuestEnd, GuestEvent, RunningGuest } from '../backend.ts';
import type { QemuProcess } from './qemu-process.ts';
import type { QmpEvent } from './qmp-client.ts';

/** How long QEMU may take to close its disks after `quit` before it is ended by force. */
const quitPatienceMs = 5000;

/**
 * A machine in QEMU, from the moment before its first instruction to its end.
 *
 * | QEMU says | we say |
 * | --- | --- |
 * | RESET | reset |
 * | STOP after our `stop` | paused, asked |
 * | STOP by itself, status paused | paused, asked: `stop` was answered too late, as while a disk request waits |
 * | STOP by itself, status io-error | paused, no-space: only ENOSPC stops a guest (see arguments.ts) |
 * | STOP by itself, status internal-error or another | the end: failed |
 * | RESUME | resumed |
 * | SHUTDOWN by the guest, then the process ends | the end: guest-stopped |
 * | the process ends after our `quit` | the end: powered-off |
 * | the process ends otherwise | the end: failed, with the last of its output |
 */
export class QemuGuest implements RunningGuest {
  readonly rfbSocketPath: string;
  readonly ended: Promise<GuestEnd>;
  private state: 'new' | 'running' | 'paused' = 'new';
  private isPauseAsked = false;
  private hasGuestStopped = false;
  private failure: string | undefined;
  private poweringOff: Promise<void> | undefined;
  private resetWaiters: (() => void)[] = [];
  private screenshotCount = 0;

  constructor(
    private readonly qemu: QemuProcess,
    private readonly runtimeDirectory: string,
    private readonly onEvent: (event: GuestEvent) => void,
  ) {
    this.rfbSocketPath = qemu.rfbSocketPath;
    qemu.client.on('event', (event) => this.take(event));
    this.ended = qemu.gone.then((exit) => this.describe(exit));
  }

  /** Lets the guest's processor run for the first time. */
  async begin(): Promise<void> {
    await this.qemu.client.execute('cont');
  }

  async requestShutdown(): Promise<void> {
    await this.qemu.client.execute('system_powerdown');
  }

  async reset(): Promise<void> {
    const happened = new Promise<void>((resolve) => this.resetWaiters.push(resolve));
    await this.qemu.client.execute('system_reset');
    await Promise.race([happened, this.rejectAtEnd('system_reset')]);
  }

  async pause(): Promise<void> {
    if (this.state === 'paused') return;
    this.isPauseAsked = true;
    try {
      await this.qemu.client.execute('stop');
    } finally {
      this.isPauseAsked = false;
    }
  }

  async resume(): Promise<void> {
    if (this.state === 'paused') await this.qemu.client.execute('cont');
  }

  async screenshot(): Promise<Uint8Array> {
    this.screenshotCount += 1;
    const filename = join(this.runtimeDirectory, `screen-${String(this.screenshotCount)}.png`);
    try {
      await this.qemu.client.execute('screendump', { filename, format: 'png' });
      return await readFile(filename);
    } finally {
      await rm(filename, { force: true });
    }
  }

  powerOff(): Promise<void> {
    this.poweringOff ??= this.quit();
    return this.poweringOff;
  }

  private async quit(): Promise<void> {
    // The answer may be lost with the process; either way its end is what counts.
    this.qemu.client.execute('quit').catch(() => undefined);
    const patience = new AbortController();
    const isGone = await Promise.race([
      this.ended.then(() => true),
      delay(quitPatienceMs, false, { signal: patience.signal }).catch(() => false),
    ]);
    patience.abort();
    if (!isGone) await this.qemu.end();
    await this.ended;
  }

  private take({ event, data }: QmpEvent): void {
    if (event === 'RESET') {
      this.onEvent({ kind: 'reset' });
      for (const resolve of this.resetWaiters.splice(0)) resolve();
    } else if (event === 'SHUTDOWN') {
      this.hasGuestStopped ||= data['guest'] === true;
    } else if (event === 'RESUME') {
      const isFirst = this.state === 'new';
      this.state = 'running';
      if (!isFirst) this.onEvent({ kind: 'resumed' });
    } else if (event === 'STOP') {
      this.state = 'paused';
      if (this.isPauseAsked) this.onEvent({ kind: 'paused', reason: 'asked' });
      else if (!this.hasGuestStopped && !this.poweringOff) void this.explainStop();
    }
  }

  /** QEMU has stopped the guest without being asked. */
  private async explainStop(): Promise<void> {
    try {
      const { status } = (await this.qemu.client.execute('query-status')) as { status?: string };
      if (status === 'paused') this.onEvent({ kind: 'paused', reason: 'asked' });
      else if (status === 'io-error') this.onEvent({ kind: 'paused', reason: 'no-space' });
      else if (status !== 'running') this.fail(`QEMU stopped the guest: ${String(status)}`);
    } catch {
      // It is on its way out, and `ended` says how.
    }
  }

  private fail(reason: string): void {
    this.failure ??= reason;
    void this.qemu.end();
  }

  private describe(exit: ChildExit): GuestEnd {
    if (this.failure !== undefined) return { kind: 'failed', reason: this.failure };
    if (this.hasGuestStopped) return { kind: 'guest-stopped' };
    if (this.poweringOff) return { kind: 'powered-off' };
    return { kind: 'failed', reason: this.qemu.describeEnd(exit) };
  }

  private async rejectAtEnd(command: string): Promise<never> {
    const end = await this.ended;
    const details = { backend: 'qemu', status: end.kind, output: '' };
    throw new RedoubtError('backend.exited', `The machine ended during ${command}.`, details);
  }
}
