import { createServer } from 'node:http';
import { rmSync } from 'node:fs';
import { implement } from '@orpc/server';
import { RPCHandler } from '@orpc/server/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import type { MachineRunner } from './machine-runner.ts';
import { runnerContract } from './runner-contract.ts';
import { toDefinedError } from './wire-errors.ts';

export interface ControlServer {
  /** Lets answers that are on their way arrive, then ends every connection and removes the socket. */
  close(): Promise<void>;
}

const farewellMs = 500;

/** Serves the control contract on a Unix socket. Its folder is private, and that is the whole of its security. */
export async function serveControl(runner: MachineRunner, socketPath: string): Promise<ControlServer> {
  const handler = new RPCHandler(runnerRouter(runner));
  const http = createServer((_, response) => {
    response.writeHead(404).end();
  });
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false, maxPayload: 1024 * 1024 });
  sockets.on('connection', (socket) => {
    socket.on('error', () => {
      socket.terminate();
    });
    void handler.upgrade(socket);
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(socketPath, () => {
      resolve();
    });
  });
  return {
    close: async () => {
      runner.board.close(); // ends the streams
      const closed = new Promise((resolve) => http.close(resolve));
      // Whoever connected and has not finished his first request may never do so.
      http.closeAllConnections();
      await Promise.all([...sockets.clients].map(farewell));
      sockets.close();
      await closed;
      rmSync(socketPath, { force: true });
    },
  };
}

function runnerRouter(runner: MachineRunner) {
  const os = implement(runnerContract).use(async ({ next }) => {
    try {
      return await next();
    } catch (error) {
      throw toDefinedError(error);
    }
  });
  return os.router({
    start: os.start.handler(async ({ input }) => {
      await runner.start(input);
      return {};
    }),
    watch: os.watch.handler(({ signal }) => runner.board.watch(signal)),
    shutDown: os.shutDown.handler(async () => {
      await runner.shutDown();
      return {};
    }),
    powerOff: os.powerOff.handler(async ({ input }) => {
      await runner.powerOff(input.keep === true);
      return {};
    }),
    reset: os.reset.handler(async () => {
      await runner.reset();
      return {};
    }),
    pause: os.pause.handler(async () => {
      await runner.pause();
      return {};
    }),
    resume: os.resume.handler(async () => {
      await runner.resume();
      return {};
    }),
    decide: os.decide.handler(async ({ input }) => {
      await runner.decide(input.answers, input.always === true);
      return {};
    }),
    screenshot: os.screenshot.handler(async () => ({
      png: new Blob([new Uint8Array(await runner.screenshot())], { type: 'image/png' }),
    })),
  });
}

/** A closing handshake comes after everything that was sent before it. */
async function farewell(socket: WebSocket): Promise<void> {
  const closed = new Promise<void>((resolve) =>
    socket.once('close', () => {
      resolve();
    }),
  );
  // Answers are sent some turns after the act that ends us; the handshake must not overtake them.
  await new Promise((resolve) => setTimeout(resolve, 20));
  socket.close();
  const timer = setTimeout(() => {
    socket.terminate();
  }, farewellMs);
  await closed;
  clearTimeout(timer);
}
