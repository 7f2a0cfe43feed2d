import { command, commandFlag, option, optionReply } from '../../core/nbd/protocol.ts';
import { infoRequest, NbdTestClient } from './nbd-client.ts';

const pieceBytes = 4 * 1024 * 1024;

/** A served disk as its guest sees it: whole requests, one after the other. */
export class DiskOverNbd {
  private constructor(
    private readonly client: NbdTestClient,
    readonly sizeBytes: number,
  ) {}

  static async open(socketPath: string): Promise<DiskOverNbd> {
    const client = await NbdTestClient.connect(socketPath);
    client.sendClientFlags(3);
    const replies = await client.option(option.go, infoRequest(''));
    // The block that every server sends: two bytes of its kind, eight of the size.
    const size = replies.find(({ type, data }) => type === optionReply.info && data.readUInt16BE(0) === 0);
    if (size === undefined) throw new Error('the server refused the export');
    return new DiskOverNbd(client, Number(size.data.readBigUInt64BE(2)));
  }

  async read(offsetBytes: number, lengthBytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let done = 0; done < lengthBytes; done += pieceBytes) {
      const length = Math.min(pieceBytes, lengthBytes - done);
      const { errno, data } = await this.client.request({
        type: command.read,
        offsetBytes: offsetBytes + done,
        lengthBytes: length,
      });
      if (errno !== 0) throw new NbdError('read', errno);
      parts.push(data);
    }
    return Buffer.concat(parts);
  }

  async write(offsetBytes: number, bytes: Uint8Array, options: { isDurable?: boolean } = {}): Promise<void> {
    const fields = { type: command.write, offsetBytes, lengthBytes: bytes.length };
    const flags = options.isDurable === true ? commandFlag.fua : 0;
    const { errno } = await this.client.request({ ...fields, flags }, Buffer.from(bytes));
    if (errno !== 0) throw new NbdError('write', errno);
  }

  async writeZeroes(offsetBytes: number, lengthBytes: number): Promise<void> {
    const { errno } = await this.client.request({ type: command.writeZeroes, offsetBytes, lengthBytes });
    if (errno !== 0) throw new NbdError('write of zeros', errno);
  }

  async flush(): Promise<void> {
    const { errno } = await this.client.request({ type: command.flush });
    if (errno !== 0) throw new NbdError('flush', errno);
  }

  close(): void {
    this.client.close();
  }
}

/** The server has answered a request with an error. */
export class NbdError extends Error {
  constructor(
    operation: string,
    readonly errno: number,
  ) {
    super(`the ${operation} was answered with error ${String(errno)}`);
  }
}
