import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BlockPortClient } from '../../base/block-port.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import type { InputSink } from '../../display/display-source.ts';
import { encodePng } from '../../display/png.ts';
import { RfbServer } from '../../display/rfb-server.ts';
import type { BackendConfiguration, GuestEnd, GuestEvent, RunningGuest } from '../backend.ts';
import { FakeProgram } from './fake-program.ts';
import { FakeScreen, paused, running } from './fake-screen.ts';
import { TypedLines } from './typed-lines.ts';

/** A machine without a processor: a picture, a keyboard, disks, and a program that plays a guest. */
export class FakeGuest implements RunningGuest {
  readonly rfbSocketPath: string;
  readonly ended: Promise<GuestEnd>;
  private readonly screen = new FakeScreen();
  private readonly disks: BlockPortClient[];
  private readonly program: FakeProgram;
  private rfb: RfbServer | undefined;
  private pauseReason: 'asked' | 'no-space' | undefined;
  private resumeWaiters: (() => void)[] = [];
  /** What the program does, one thing after the other. */
  private work = Promise.resolve();
  private ending: Promise<void> | undefined;
  private announceEnd: (end: GuestEnd) => void = () => undefined;

  constructor(
    private readonly configuration: BackendConfiguration,
    private readonly obeysShutdown: boolean,
    private readonly onEvent: (event: GuestEvent) => void,
  ) {
    this.rfbSocketPath = join(configuration.runtimeDirectory, 'rfb.sock');
    this.ended = new Promise((resolve) => (this.announceEnd = resolve));
    this.disks = configuration.disks.map((disk) => new BlockPortClient(disk.openPort()));
    this.program = new FakeProgram(
      this.disks[0],
      (request) => this.io(request),
      (line) => this.say(line),
    );
  }

  /** Opens the screen and lets the program start. */
  async begin(): Promise<void> {
    const lines = new TypedLines((line) => this.queue(() => this.carryOut(line)));
    const input: InputSink = { sendScancodes: (bytes) => lines.take(bytes), movePointer: () => undefined };
    const { rfbSocketPath: socketPath, screen: source } = this;
    const { serialFilePath } = this.configuration;
    if (serialFilePath !== undefined) writeFileSync(serialFilePath, '');
    this.rfb = await RfbServer.listen({ socketPath, name: this.configuration.machineName, source, input });
    this.queue(() => this.program.boot());
  }

  requestShutdown(): Promise<void> {
    if (this.obeysShutdown) this.queue(() => this.end({ kind: 'guest-stopped' }));
    return Promise.resolve();
  }

  powerOff(): Promise<void> {
    return this.end({ kind: 'powered-off' });
  }

  reset(): Promise<void> {
    this.onEvent({ kind: 'reset' });
    this.queue(() => this.program.boot());
    return Promise.resolve();
  }

  async pause(): Promise<void> {
    this.stop('asked');
    // A request that is under way was made while the guest ran; it ends before the pause begins.
    await this.requestUnderWay;
  }

  resume(): Promise<void> {
    if (this.pauseReason === undefined) return Promise.resolve();
    this.pauseReason = undefined;
    this.screen.show(running);
    this.onEvent({ kind: 'resumed' });
    for (const go of this.resumeWaiters.splice(0)) go();
    return Promise.resolve();
  }

  screenshot(): Promise<Uint8Array> {
    return Promise.resolve(encodePng(this.screen.frame));
  }

  /** The backend breaks, as a script wants it. */
  fail(reason: string): Promise<void> {
    return this.end({ kind: 'failed', reason });
  }

  private requestUnderWay: Promise<unknown> = Promise.resolve();

  /** Makes a disk request while the guest runs; a full host pauses it until it is resumed, then asks again. */
  private async io<T>(request: () => Promise<T>): Promise<T> {
    for (;;) {
      while (this.pauseReason !== undefined) await new Promise<void>((resolve) => this.resumeWaiters.push(resolve));
      const answer = request();
      this.requestUnderWay = answer.catch(() => undefined);
      try {
        return await answer;
      } catch (error) {
        if (!(error instanceof RedoubtError && error.is('disk.no-space'))) throw error;
        this.stop('no-space');
      }
    }
  }

  private stop(reason: 'asked' | 'no-space'): void {
    if (this.pauseReason !== undefined || this.ending) return;
    this.pauseReason = reason;
    this.screen.show(paused);
    this.onEvent({ kind: 'paused', reason });
  }

  private async carryOut(line: string): Promise<void> {
    const next = await this.program.line(line);
    if (next === 'power-off') await this.end({ kind: 'guest-stopped' });
    if (next === 'reboot') await this.reset();
  }

  /** A disk error is the guest's to see: it says so and goes on. */
  private queue(task: () => Promise<void>): void {
    this.work = this.work.then(async () => {
      if (this.ending) return;
      await task().catch((error: unknown) => this.say(`Disk error: ${String(error)}`));
    });
  }

  private say(line: string): void {
    const { serialFilePath } = this.configuration;
    if (serialFilePath !== undefined && !this.ending) appendFileSync(serialFilePath, `${line}\r\n`);
  }

  private end(end: GuestEnd): Promise<void> {
    this.ending ??= (async () => {
      for (const disk of this.disks) disk.close();
      await this.rfb?.close();
      this.announceEnd(end);
    })();
    return this.ending;
  }
}
