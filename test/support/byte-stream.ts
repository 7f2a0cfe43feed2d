import type { Socket } from 'node:net';

/** Reads exact numbers of bytes from a socket, for test clients. Rejects once the socket is closed. */
export class ByteStream {
  private chunks: Buffer[] = [];
  private available = 0;
  private isClosed = false;
  private wake: () => void = () => undefined;

  constructor(socket: Socket) {
    socket.on('data', (chunk) => {
      this.chunks.push(chunk);
      this.available += chunk.length;
      this.wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  async take(length: number): Promise<Buffer> {
    while (this.available < length) {
      if (this.isClosed) throw new Error('the connection is closed');
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    const all = Buffer.concat(this.chunks);
    this.chunks = all.length === length ? [] : [all.subarray(length)];
    this.available -= length;
    return all.subarray(0, length);
  }
}
