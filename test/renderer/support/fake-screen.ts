import type { ConsoleChannel } from '../../../renderer/transport/connection.ts';

const width = 640;
const height = 400;

/**
 * An RFB 3.8 server in the page, for looking at the console: no security, raw pixels, one picture of a text
 * screen on which typed letters appear. Messages are read one at a time, which holds for a noVNC client.
 */
export class FakeScreen implements ConsoleChannel {
  binaryType: 'arraybuffer' | 'blob' = 'arraybuffer';
  readonly protocol = '';
  readyState: 'connecting' | 'open' | 'closed' = 'connecting';
  onopen: ConsoleChannel['onopen'] = null;
  onmessage: ConsoleChannel['onmessage'] = null;
  onclose: ConsoleChannel['onclose'] = null;
  onerror: ConsoleChannel['onerror'] = null;
  private readonly name: string;
  private stage: 'version' | 'security' | 'init' | 'running' = 'version';
  private typed = '';
  private isDirty = true;
  private isAsked = false;

  constructor(name: string) {
    this.name = name;
    setTimeout(() => {
      this.readyState = 'open';
      this.onopen?.({});
      this.reply(new TextEncoder().encode('RFB 003.008\n'));
    }, 20);
  }

  send(data: ArrayBufferView | ArrayBuffer): void {
    const bytes = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);
    if (this.stage === 'version') {
      this.stage = 'security';
      this.reply(Uint8Array.of(1, 1));
    } else if (this.stage === 'security') {
      this.stage = 'init';
      this.reply(Uint8Array.of(0, 0, 0, 0));
    } else if (this.stage === 'init') {
      this.stage = 'running';
      this.reply(serverInit(this.name));
    } else {
      this.read(bytes.slice());
    }
  }

  close(): void {
    if (this.readyState === 'closed') return;
    this.readyState = 'closed';
    this.onclose?.({ code: 1000, reason: '', wasClean: true });
  }

  private read(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const view = new DataView(bytes.buffer, at);
      const kind = view.getUint8(0);
      if (kind === 0) at += 20;
      else if (kind === 2) at += 4 + 4 * view.getUint16(2);
      else if (kind === 3) {
        this.isAsked = true;
        if (view.getUint8(1) === 0) this.isDirty = true;
        at += 10;
      } else if (kind === 4) {
        if (view.getUint8(1) === 1) this.type(view.getUint32(4));
        at += 8;
      } else if (kind === 5) at += 6;
      else return;
    }
    this.flush();
  }

  private type(keysym: number): void {
    if (keysym >= 32 && keysym < 127) this.typed += String.fromCharCode(keysym);
    if (keysym === 0xff08) this.typed = this.typed.slice(0, -1);
    this.isDirty = true;
  }

  private flush(): void {
    if (!this.isAsked || !this.isDirty) return;
    this.isAsked = false;
    this.isDirty = false;
    const pixels = drawScreen(this.name, this.typed).getContext('2d')?.getImageData(0, 0, width, height).data;
    if (pixels === undefined) return;
    const head = new DataView(new ArrayBuffer(16));
    head.setUint16(2, 1);
    head.setUint16(8, width);
    head.setUint16(10, height);
    this.reply(new Uint8Array(head.buffer));
    this.reply(new Uint8Array(pixels.buffer));
  }

  private reply(bytes: Uint8Array): void {
    const data = bytes.slice().buffer;
    queueMicrotask(() => {
      if (this.readyState === 'open') this.onmessage?.({ data });
    });
  }
}

/** The same picture as a PNG file, for the live preview. */
export async function drawScreenPng(name: string): Promise<Blob> {
  return await drawScreen(name, '').convertToBlob({ type: 'image/png' });
}

function drawScreen(name: string, typed: string): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (context === null) return canvas;
  context.fillStyle = '#000';
  context.fillRect(0, 0, width, height);
  context.font = '16px monospace';
  const lines = [
    'Scratchpad',
    '',
    `Machine ${name}`,
    'Boot 3. Type a note and press Enter.',
    '',
    '1  milk',
    '2  call Grace',
    '',
    `> ${typed}_`,
  ];
  lines.forEach((line, index) => {
    context.fillStyle = index === 0 ? '#fff' : '#aaa';
    context.fillText(line, 12, 28 + index * 20);
  });
  return canvas;
}

function serverInit(name: string): Uint8Array {
  const text = new TextEncoder().encode(name);
  const bytes = new Uint8Array(24 + text.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, width);
  view.setUint16(2, height);
  // 32 bits a pixel, 24 deep, little-endian, true colour, 8 bits each of red, green, blue from bit 0.
  bytes.set([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16], 4);
  view.setUint32(20, text.length);
  bytes.set(text, 24);
  return bytes;
}
