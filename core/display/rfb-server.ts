import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import type { DisplaySource, InputSink } from './display-source.ts';
import { RfbConnection } from './rfb-connection.ts';

/** About 30 pictures a second. */
const FRAME_MS = 33;

export interface RfbServerOptions {
  /** A Unix socket; its folder keeps others out, so no password is asked. */
  readonly socketPath: string;
  /** Shown by clients as the name of the desktop. */
  readonly name: string;
  readonly source: DisplaySource;
  readonly input: InputSink;
}

/**
 * An RFB 3.8 server for backends that have none of their own: raw pixels in several small rectangles,
 * change of size (-223), scancodes (-258), any number of clients. While nobody is connected it does
 * nothing at all.
 */
export class RfbServer {
  private readonly connections = new Set<RfbConnection>();
  private timer: NodeJS.Timeout | undefined;
  private readonly server: Server;
  private readonly options: RfbServerOptions;

  private constructor(options: RfbServerOptions) {
    this.options = options;
    this.server = createServer((socket) => {
      // Somebody new must not wait for the next tick to see the present picture.
      this.refresh();
      const connection = new RfbConnection(socket, options.name, options.source, options.input);
      this.connections.add(connection);
      this.timer ??= setInterval(() => {
        this.refresh();
      }, FRAME_MS);
      socket.on('close', () => {
        this.connections.delete(connection);
        if (this.connections.size === 0) this.stopTimer();
      });
    });
  }

  /** Resolves when connections are accepted. Rejects with the system's error if the socket can't be made. */
  static async listen(options: RfbServerOptions): Promise<RfbServer> {
    const display = new RfbServer(options);
    await new Promise<void>((resolve, reject) => {
      display.server.once('error', reject);
      display.server.listen(options.socketPath, resolve);
    });
    return display;
  }

  /** Drops all clients and removes the socket. May be called more than once. */
  async close(): Promise<void> {
    this.stopTimer();
    for (const connection of this.connections) connection.close();
    await new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
    await rm(this.options.socketPath, { force: true });
  }

  /** Takes a new picture and hands what changed to every client. */
  private refresh(): void {
    const changes = this.options.source.refresh();
    for (const connection of this.connections) connection.show(changes);
  }

  private stopTimer(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
