import { runCommandLine } from '../../core/cli/run.ts';

/** What a test asks of this process: a command line to carry out, or to send the signal that ends a served disk. */
export type CommandMessage = { readonly id: number; readonly args: readonly string[] } | { readonly signal: 'SIGTERM' };

/** What it answers: text as it is printed, and at the end the status and how much memory the process has held at most. */
export type CommandReply =
  | { readonly isReady: true }
  | { readonly id: number; readonly stream: 'out' | 'err'; readonly text: string }
  | { readonly id: number; readonly status: number; readonly memoryBytes: number };

const reply = (message: CommandReply): void => {
  process.send?.(message);
};

process.on('message', (message: CommandMessage) => {
  if ('signal' in message) {
    // The handlers that a signal from outside would call.
    process.emit(message.signal);
    return;
  }
  const { id, args } = message;
  const print = (stream: 'out' | 'err') => (text: string) => reply({ id, stream, text });
  void runCommandLine(args, { out: print('out'), err: print('err'), isTerminal: false }).then((status) => {
    reply({ id, status, memoryBytes: process.resourceUsage().maxRSS * 1024 });
  });
});

// Without a listener of our own the signal would end the process where no disk is served.
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit(0));

reply({ isReady: true });
