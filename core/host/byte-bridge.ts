import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/** So much may wait for a slow browser before the screen is asked to wait too. */
const highWaterBytes = 1024 * 1024;

/**
 * Carries bytes between a WebSocket and a socket, binary messages only, until either side closes; then the
 * other is closed as well. Each side is read no faster than the other takes it.
 *
 * `connecting` may still be under way: what the browser sends meanwhile waits. If it rejects, the
 * WebSocket is closed with code 1011.
 */
export function bridgeBytes(web: WebSocket, connecting: Promise<Socket>): void {
  web.pause();
  // 'close' follows every error.
  web.on('error', () => undefined);
  connecting.then(
    (socket) => {
      join(web, socket);
    },
    () => {
      web.resume();
      web.close(1011, 'no screen');
    },
  );
}

function join(web: WebSocket, socket: Socket): void {
  socket.on('error', () => undefined);
  socket.on('close', () => {
    web.resume();
    web.close(1000);
  });
  web.on('close', () => {
    socket.destroy();
  });
  if (web.readyState !== web.OPEN) {
    socket.destroy();
    return;
  }
  socket.on('data', (bytes) => {
    web.send(bytes, { binary: true }, () => {
      if (socket.isPaused() && web.bufferedAmount < highWaterBytes) socket.resume();
    });
    if (web.bufferedAmount >= highWaterBytes) socket.pause();
  });
  web.on('message', (data, isBinary) => {
    if (!isBinary) {
      web.close(1003, 'binary only');
      return;
    }
    if (!socket.write(data as Buffer)) web.pause();
  });
  socket.on('drain', () => {
    web.resume();
  });
  web.resume();
}
