import type { Socket } from 'node:net';
import type { MessagePortMain } from 'electron';

/**
 * Carries bytes between a machine's screen socket and a port of the page, until either side closes.
 * RFB sends pictures only when asked, so what can pile up in the port is one screen.
 */
export function bridgeRfb(connecting: Promise<Socket>, port: MessagePortMain): void {
  let isClosed = false;
  // Heard from the first moment: a page may close its port before there is a screen.
  port.on('close', () => {
    isClosed = true;
  });
  connecting.then(
    (socket) => {
      if (isClosed) {
        socket.destroy();
        return;
      }
      socket.on('data', (bytes) => port.postMessage(new Uint8Array(bytes)));
      socket.on('error', () => socket.destroy());
      socket.on('close', () => port.close());
      port.on('message', ({ data }: { data: unknown }) => {
        if (data instanceof Uint8Array) socket.write(data);
        else if (data instanceof ArrayBuffer) socket.write(new Uint8Array(data));
      });
      port.on('close', () => socket.destroy());
      port.start();
    },
    () => port.close(),
  );
}
