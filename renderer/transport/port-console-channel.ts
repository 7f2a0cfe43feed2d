import type { ConsoleChannel } from './connection.ts';

/** A machine's screen over a message port: every message is a piece of the byte stream. */
export class PortConsoleChannel implements ConsoleChannel {
  // noVNC looks for these names on the object itself or its class.
  binaryType: 'arraybuffer' | 'blob' = 'arraybuffer';
  readonly protocol = '';
  readyState: 'connecting' | 'open' | 'closed' = 'connecting';
  onopen: ConsoleChannel['onopen'] = null;
  onmessage: ConsoleChannel['onmessage'] = null;
  onclose: ConsoleChannel['onclose'] = null;
  onerror: ConsoleChannel['onerror'] = null;
  private readonly port: MessagePort;

  constructor(port: MessagePort) {
    this.port = port;
    port.addEventListener('message', (event: MessageEvent<unknown>) => {
      const bytes = toArrayBuffer(event.data);
      if (bytes !== undefined) this.onmessage?.({ data: bytes });
    });
    port.addEventListener('close', () => {
      this.finish(1006, 'the shell closed the screen');
    });
    // The reader attaches its handlers after it was given the channel.
    queueMicrotask(() => {
      if (this.readyState === 'closed') return;
      this.readyState = 'open';
      this.onopen?.({});
      port.start();
    });
  }

  send(data: ArrayBufferView | ArrayBuffer): void {
    if (this.readyState === 'closed') return;
    // noVNC reuses its send buffer, so the bytes are copied; a copy can be moved.
    const view = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);
    const copy = view.slice();
    this.port.postMessage(copy, [copy.buffer]);
  }

  close(): void {
    this.port.close();
    this.finish(1000, '');
  }

  private finish(code: number, reason: string): void {
    if (this.readyState === 'closed') return;
    this.readyState = 'closed';
    this.onclose?.({ code, reason, wasClean: code === 1000 });
  }
}

/** Whatever a bridge made of the bytes, as the plain buffer that noVNC reads. */
function toArrayBuffer(data: unknown): ArrayBuffer | undefined {
  if (data instanceof ArrayBuffer) return data;
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice().buffer;
  }
  return undefined;
}
