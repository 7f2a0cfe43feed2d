import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { CommandMessage, CommandReply } from './command-loop.ts';

export interface CommandResult {
  /** 0, 1 or 2, as the program exits. */
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** A disk that is being served. */
export interface Serving {
  readonly uri: string;
  /** The log that takes the writes, if there is one. */
  readonly redo: string | undefined;
  /** Ends it as SIGTERM does; resolves with what the command came to. */
  stop(): Promise<CommandResult>;
}

interface Running {
  out: string;
  err: string;
  readonly onText: () => void;
  readonly onEnd: (result: CommandResult) => void;
  readonly onFailure: (error: Error) => void;
}

/**
 * A process that carries out command lines one after the other, because hundreds of them take too long as
 * processes of their own. It is a process at all so that a crash, a hang or a greed for memory shows and can be
 * survived.
 */
export class CommandProcess {
  private readonly running = new Map<number, Running>();
  private nextId = 0;
  private failure: Error | undefined;
  /** The most that the process has held so far. */
  memoryBytes = 0;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (message: CommandReply) => {
      this.take(message);
    });
    child.on('exit', (code, signal) => {
      this.failure = new Error(`the process has ended with ${String(code ?? signal)}`);
      for (const { onFailure } of this.running.values()) onFailure(this.failure);
      this.running.clear();
    });
  }

  static async start(): Promise<CommandProcess> {
    const child = fork(join(import.meta.dirname, 'command-loop.ts'), {
      execArgv: ['--import', import.meta.resolve('tsx')],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await once(child, 'message');
    return new CommandProcess(child);
  }

  /** Runs a command to its end. Rejects if that takes longer than `timeoutMs` (the process is ended then) or it crashes. */
  run(args: readonly string[], timeoutMs = 20_000): Promise<CommandResult> {
    return this.begin(args, timeoutMs).ended;
  }

  /** Runs a command that must succeed. Resolves with what it printed. */
  async ok(...args: string[]): Promise<string> {
    const { status, out, err } = await this.run(args);
    if (status !== 0) throw new Error(err.trim());
    return out;
  }

  /** `disk serve FILE …`, one disk at a time. Resolves when it is ready, or with the result of the refusal. */
  async serve(file: string, socket: string, ...args: string[]): Promise<Serving | CommandResult> {
    const serving = this.begin(['disk', 'serve', file, '--socket', socket, ...args], 600_000);
    const first = await Promise.race([serving.ready, serving.ended]);
    if (first !== undefined) return first;
    return {
      uri: `nbd+unix:///?socket=${socket}`,
      redo: /^redo (.+)$/m.exec(serving.said())?.[1],
      stop: () => {
        this.send({ signal: 'SIGTERM' });
        return serving.ended;
      },
    };
  }

  async end(): Promise<void> {
    if (this.failure !== undefined) return;
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    await exited;
  }

  private begin(args: readonly string[], timeoutMs: number) {
    const id = this.nextId++;
    let isReady: () => void;
    const ready = new Promise<undefined>((resolve) => {
      isReady = () => resolve(undefined);
    });
    const ended = new Promise<CommandResult>((onEnd, onFailure) => {
      if (this.failure !== undefined) {
        onFailure(this.failure);
        return;
      }
      const patience = setTimeout(() => {
        onFailure(new Error(`no end after ${String(timeoutMs)} ms: ${args.join(' ')}`));
        this.child.kill('SIGKILL');
      }, timeoutMs);
      const entry: Running = {
        out: '',
        err: '',
        onText: () => {
          if (entry.out.endsWith('ready\n')) isReady();
        },
        onEnd: (result) => {
          clearTimeout(patience);
          onEnd(result);
        },
        onFailure: (error) => {
          clearTimeout(patience);
          onFailure(error);
        },
      };
      this.running.set(id, entry);
      this.send({ id, args });
    });
    const said = () => this.running.get(id)?.out ?? '';
    return { ready, ended, said };
  }

  private take(message: CommandReply): void {
    if ('isReady' in message) return;
    const entry = this.running.get(message.id);
    if (entry === undefined) return;
    if ('stream' in message) {
      entry[message.stream] += message.text;
      entry.onText();
      return;
    }
    this.running.delete(message.id);
    this.memoryBytes = Math.max(this.memoryBytes, message.memoryBytes);
    entry.onEnd({ status: message.status, out: entry.out, err: entry.err });
  }

  private send(message: CommandMessage): void {
    this.child.send(message);
  }
}
