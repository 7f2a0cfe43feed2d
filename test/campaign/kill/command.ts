import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const program = join(import.meta.dirname, '../../../build/bin/redoubt.mjs');

/** `redoubt …` as a process of its own, from the bundle where there is one. */
export class Command {
  readonly child: ChildProcess;
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
  private said = '';
  private complaints = '';

  constructor(args: readonly string[], home: string) {
    this.child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, REDOUBT_HOME: home },
    });
    this.ended = once(this.child, 'exit').then(() => undefined);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.complaints += text;
    });
  }

  /** Resolves when it has printed this. Rejects if it ends before. */
  async says(text: string): Promise<void> {
    const hasEnded = this.ended.then(() => true);
    while (!this.said.includes(text)) {
      const isOver = await Promise.race([hasEnded, new Promise<false>((resolve) => setTimeout(resolve, 3, false))]);
      if (isOver && !this.said.includes(text)) throw new Error(`it ended without "${text}": ${this.complaints}`);
    }
  }

  /** SIGKILL; resolves when it is gone. Says whether it was in time. */
  async kill(): Promise<boolean> {
    const wasInTime = this.child.exitCode === null;
    this.child.kill('SIGKILL');
    await this.ended;
    return wasInTime;
  }

  get exitCode(): number | null {
    return this.child.exitCode;
  }

  get errors(): string {
    return this.complaints;
  }
}
