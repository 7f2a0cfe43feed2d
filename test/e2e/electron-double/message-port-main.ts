import { EventEmitter } from 'node:events';

/** A value as it crosses between Node and the page of the double: text, or bytes as base64. */
export type Encoded = { text: string } | { base64: string } | { json: unknown };

export function encode(data: unknown): Encoded {
  if (typeof data === 'string') return { text: data };
  if (data instanceof ArrayBuffer) return { base64: Buffer.from(data).toString('base64') };
  if (ArrayBuffer.isView(data)) {
    return { base64: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') };
  }
  return { json: data };
}

export function decode(encoded: Encoded): unknown {
  if ('text' in encoded) return encoded.text;
  if ('base64' in encoded) return new Uint8Array(Buffer.from(encoded.base64, 'base64'));
  return encoded.json;
}

/** The main process's end of a page's port, as Electron's MessagePortMain: nothing is heard before `start`. */
export class MessagePortMainDouble extends EventEmitter {
  private readonly send: (data: Encoded) => void;
  private readonly end: () => void;
  private early: unknown[] | undefined = [];
  isClosed = false;

  constructor(send: (data: Encoded) => void, end: () => void) {
    super();
    this.send = send;
    this.end = end;
  }

  start(): void {
    const early = this.early ?? [];
    this.early = undefined;
    for (const data of early) this.emit('message', { data, ports: [] });
  }

  postMessage(data: unknown): void {
    if (!this.isClosed) this.send(encode(data));
  }

  close(): void {
    if (this.isClosed) return;
    this.closed();
    this.end();
  }

  deliver(encoded: Encoded): void {
    const data = decode(encoded);
    if (this.early !== undefined) this.early.push(data);
    else this.emit('message', { data, ports: [] });
  }

  /** The page's end is gone. */
  closed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.emit('close');
  }
}
