import { createWriteStream, type WriteStream } from 'node:fs';

/** Bytes come one at a time; they are written together after this time. */
const GATHER_MS = 50;

/** What the guest sends on its first serial port, in a file that starts empty. */
export class SerialFile {
  private gathered: number[] = [];
  private timer: NodeJS.Timeout | undefined;
  private readonly stream: WriteStream;

  private constructor(stream: WriteStream) {
    this.stream = stream;
  }

  /** Rejects with the system's error if the file can't be made. Later errors lose output, not the guest. */
  static async create(path: string): Promise<SerialFile> {
    const stream = createWriteStream(path, { flags: 'w', mode: 0o600 });
    await new Promise<void>((resolve, reject) => {
      stream.once('open', () => {
        resolve();
      });
      stream.once('error', reject);
    });
    stream.on('error', () => undefined);
    return new SerialFile(stream);
  }

  append(byte: number): void {
    this.gathered.push(byte);
    this.timer ??= setTimeout(() => {
      this.writeGathered();
    }, GATHER_MS);
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    this.writeGathered();
    await new Promise<void>((resolve) => {
      this.stream.once('close', resolve);
      this.stream.end();
    });
  }

  private writeGathered(): void {
    this.timer = undefined;
    if (this.gathered.length > 0) this.stream.write(Uint8Array.from(this.gathered));
    this.gathered = [];
  }
}
