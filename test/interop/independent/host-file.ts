import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

/** A file of the host, opened for reading. */
export class HostFile {
  private readonly fd: number;
  readonly sizeBytes: number;

  constructor(readonly path: string) {
    // Opening a pipe would wait for somebody to write.
    if (!statSync(path).isFile()) throw new Error(`${path} is no regular file`);
    this.fd = openSync(path, 'r');
    this.sizeBytes = fstatSync(this.fd).size;
  }

  /** Throws where the file ends before. */
  read(offsetBytes: number, lengthBytes: number): Buffer {
    if (offsetBytes + lengthBytes > this.sizeBytes) {
      throw new Error(`${this.path} ends before ${String(offsetBytes + lengthBytes)}`);
    }
    const bytes = Buffer.alloc(lengthBytes);
    for (let done = 0; done < lengthBytes;) {
      const count = readSync(this.fd, bytes, done, lengthBytes - done, offsetBytes + done);
      if (count === 0) throw new Error(`${this.path} has become shorter`);
      done += count;
    }
    return bytes;
  }

  /** What is there of the range; the rest reads zeros. */
  readPadded(offsetBytes: number, lengthBytes: number): Buffer {
    const there = Math.max(0, Math.min(lengthBytes, this.sizeBytes - offsetBytes));
    return Buffer.concat([there === 0 ? Buffer.alloc(0) : this.read(offsetBytes, there)], lengthBytes);
  }

  close(): void {
    closeSync(this.fd);
  }
}
