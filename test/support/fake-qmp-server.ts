import { connect, type Socket } from 'node:net';

/** The QEMU end of a monitor connection, scripted by a test: it connects, greets, and answers as told. */
export class FakeQmpServer {
  /** What was asked, in order. */
  readonly received: { execute: string; arguments?: unknown; id: number }[] = [];
  private readonly socket: Socket;

  constructor(
    socketPath: string,
    private readonly answer: (command: { execute: string; id: number }) => object | undefined = ({ id }) => ({
      return: {},
      id,
    }),
    greeting = '{"QMP": {"version": {}, "capabilities": []}}\n',
  ) {
    this.socket = connect(socketPath, () => this.sendRaw(greeting));
    this.socket.on('error', () => undefined);
    let buffer = '';
    this.socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = (buffer + text).split('\n');
      buffer = lines.pop() ?? '';
      for (const line of lines) this.take(JSON.parse(line) as { execute: string; id: number });
    });
  }

  send(message: object): void {
    this.sendRaw(`${JSON.stringify(message)}\r\n`);
  }

  sendRaw(text: string): void {
    this.socket.write(text);
  }

  close(): void {
    this.socket.destroy();
  }

  private take(command: { execute: string; id: number }): void {
    this.received.push(command);
    const reply = this.answer(command);
    if (reply !== undefined) this.send(reply);
  }
}
