import { EventEmitter } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { rm } from 'node:fs/promises';
import { RedoubtError } from '../../base/redoubt-error.ts';

/** QEMU's answers are small; the longest we ask for (query-block) is a few KiB a disk. */
const lineLimitBytes = 4 * 1024 * 1024;
const commandTimeoutMs = 30_000;

export interface QmpEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Waiter {
  readonly command: string;
  readonly timer: NodeJS.Timeout;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * QEMU's monitor protocol: JSON objects, one a line. Commands carry an id and are answered in any order;
 * events come whenever they like.
 *
 * - `execute` rejects with backend.refused if QEMU says no, and with backend.exited if the connection ends
 *   or no answer comes in time.
 * - `event` listeners are called in the order of the wire, and an event that came before an answer is
 *   delivered before that answer's promise resolves.
 * - A line that is no JSON object, or that is too long, ends the connection: QEMU is then not to be trusted.
 */
export class QmpClient extends EventEmitter<{ event: [QmpEvent]; close: [] }> {
  private readonly waiting = new Map<number, Waiter>();
  private buffer = '';
  private nextId = 1;
  private isClosed = false;
  private greet: (() => void) | undefined;

  private constructor(private readonly socket: Socket) {
    super();
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.take(text));
    socket.on('error', () => undefined);
    socket.once('close', () => this.end());
  }

  /** Waits for the greeting on a fresh connection and makes it ready for commands. */
  static async open(socket: Socket): Promise<QmpClient> {
    const client = new QmpClient(socket);
    const greeted = new Promise<void>((resolve) => (client.greet = resolve));
    const closed = new Promise<never>((_, reject) => client.once('close', () => reject(lost('its greeting'))));
    closed.catch(() => undefined);
    const timer = setTimeout(() => socket.destroy(), commandTimeoutMs);
    await Promise.race([greeted, closed]).finally(() => clearTimeout(timer));
    await client.execute('qmp_capabilities');
    return client;
  }

  /** Runs a command and returns what QEMU returned, unchecked. */
  execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) {
        reject(lost(command));
        return;
      }
      const id = this.nextId++;
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(lost(command));
      }, commandTimeoutMs);
      this.waiting.set(id, { command, timer, resolve, reject });
      this.socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private take(text: string): void {
    this.buffer += text;
    for (let end = this.buffer.indexOf('\n'); end >= 0; end = this.buffer.indexOf('\n')) {
      const line = this.buffer.slice(0, end);
      this.buffer = this.buffer.slice(end + 1);
      if (line.trim() !== '') this.takeLine(line);
    }
    if (this.buffer.length > lineLimitBytes) this.socket.destroy();
  }

  private takeLine(line: string): void {
    const message = parseObject(line);
    if (message === undefined) {
      this.socket.destroy();
    } else if ('QMP' in message) {
      this.greet?.();
    } else if (typeof message['event'] === 'string') {
      this.emit('event', { event: message['event'], data: asObject(message['data']) ?? {} });
    } else {
      this.answer(message);
    }
  }

  private answer(message: Readonly<Record<string, unknown>>): void {
    const id = typeof message['id'] === 'number' ? message['id'] : NaN;
    const waiter = this.waiting.get(id);
    if (waiter === undefined) return;
    this.waiting.delete(id);
    clearTimeout(waiter.timer);
    const error = asObject(message['error']);
    if (error === undefined) waiter.resolve(message['return']);
    else waiter.reject(refused(waiter.command, String(error['desc'] ?? error['class'])));
  }

  private end(): void {
    this.isClosed = true;
    for (const waiter of this.waiting.values()) {
      clearTimeout(waiter.timer);
      waiter.reject(lost(waiter.command));
    }
    this.waiting.clear();
    this.emit('close');
  }
}

/** A place where one QEMU may connect. */
export interface QmpListener {
  /** Resolves with the connection, ready for commands. Rejects once `close` was called. */
  readonly client: Promise<QmpClient>;
  /** Stops waiting and removes the socket; a connection that was made stays. Idempotent. */
  close(): Promise<void>;
}

/**
 * Listens for QEMU's monitor on a Unix socket. We listen and QEMU connects, so there is no file to wait for,
 * and a QEMU that comes to itself after we are gone finds nobody and ends.
 */
export async function listenForQmp(socketPath: string): Promise<QmpListener> {
  const server = createServer();
  let stop: () => void = () => undefined;
  const client = new Promise<Socket>((resolve, reject) => {
    server.once('connection', (socket) => {
      server.close();
      resolve(socket);
    });
    stop = () => reject(lost('its connection'));
  }).then((socket) => QmpClient.open(socket));
  client.catch(() => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  return {
    client,
    close: async () => {
      stop();
      // The listening end goes at once; the server itself counts as open as long as its connection is.
      server.close();
      await rm(socketPath, { force: true });
    },
  };
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return asObject(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

function refused(command: string, reason: string): RedoubtError {
  return new RedoubtError('backend.refused', `QEMU refused ${command}: ${reason}`, {
    backend: 'qemu',
    request: command,
    reason,
  });
}

function lost(command: string): RedoubtError {
  return new RedoubtError('backend.exited', `QEMU did not answer ${command}.`, {
    backend: 'qemu',
    status: 'no answer',
    output: '',
  });
}
