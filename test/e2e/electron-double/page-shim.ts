/**
 * Runs in the page before anything else: gives the real preload bundle a `require('electron')` and carries
 * the ports that it hands on. Sent to the page as text, so it may use nothing from outside itself.
 */
export function pageShim(preload: (...args: unknown[]) => void): void {
  interface Carrier {
    redoubtDoubleConnect(id: number, message: unknown): Promise<void>;
    redoubtDoubleSend(id: number, data: unknown): Promise<void>;
    redoubtDoubleClose(id: number): Promise<void>;
    redoubtDoubleDeliver?: (id: number, data: { text?: string; base64?: string; json?: unknown }) => void;
    redoubtDoubleEnd?: (id: number) => void;
  }
  const carrier = window as unknown as Carrier;
  const ports = new Map<number, MessagePort>();
  let nextId = 1;
  // One queue for all ports: what the page sends must arrive in the order in which it was sent.
  let queue = Promise.resolve();
  const inOrder = (step: () => Promise<void>): void => {
    queue = queue.then(step, step);
  };

  const toBase64 = (bytes: Uint8Array): string => {
    let text = '';
    for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    return btoa(text);
  };
  const encode = (data: unknown): unknown => {
    if (typeof data === 'string') return { text: data };
    if (data instanceof ArrayBuffer) return { base64: toBase64(new Uint8Array(data)) };
    if (ArrayBuffer.isView(data))
      return { base64: toBase64(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) };
    return { json: data };
  };

  carrier.redoubtDoubleDeliver = (id, data) => {
    const value =
      data.text ?? (data.base64 === undefined ? data.json : Uint8Array.from(atob(data.base64), (c) => c.charCodeAt(0)));
    ports.get(id)?.postMessage(value);
  };
  carrier.redoubtDoubleEnd = (id) => {
    ports.get(id)?.close();
    ports.delete(id);
  };

  const ipcRenderer = {
    postMessage(channel: string, message: unknown, transfer: MessagePort[]): void {
      const [port] = transfer;
      if (channel !== 'redoubt:connect' || port === undefined) throw new Error(`unexpected channel ${channel}`);
      const id = nextId++;
      ports.set(id, port);
      inOrder(() => carrier.redoubtDoubleConnect(id, message));
      port.onmessage = ({ data }: MessageEvent<unknown>) => inOrder(() => carrier.redoubtDoubleSend(id, encode(data)));
      port.addEventListener('close', () => inOrder(() => carrier.redoubtDoubleClose(id)));
      port.start();
    },
  };
  const contextBridge = {
    exposeInMainWorld(name: string, value: unknown): void {
      Object.defineProperty(window, name, { value: Object.freeze(structuredClone(value)) });
    },
  };
  const fakeRequire = (name: string): unknown => {
    if (name !== 'electron') throw new Error(`a sandboxed preload can't require ${name}`);
    return { ipcRenderer, contextBridge };
  };
  const module = { exports: {} };
  preload(fakeRequire, module, module.exports);
}

/** The script for the page: the shim around the preload bundle. Text, because the page's policy forbids eval. */
export function pageScript(preloadSource: string): string {
  return `(${pageShim.toString()})(function (require, module, exports) {${preloadSource}\n});`;
}
