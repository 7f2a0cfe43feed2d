/**
 * Opens a disk for writing and carries out what it is told: `write OFFSET VALUE` writes a page and flushes.
 * Answers `ok` or the error's code and errno. Run by tests as a process of its own.
 */
import { openDiskSession } from '../../core/disk/session/session.ts';

const session = await openDiskSession({ file: process.argv[2] ?? '', mode: 'persistent' });

async function carryOut(command: string): Promise<string> {
  const [, offset, value] = command.split(' ');
  try {
    await session.device.write(Number(offset), [new Uint8Array(4096).fill(Number(value))]);
    await session.device.flush();
    return 'ok';
  } catch (error) {
    const { code, details } = error as { code: string; details?: { errno?: string } };
    return `${code} ${details?.errno ?? ''}`.trim();
  }
}

process.on('message', (command) => {
  void carryOut(String(command)).then((answer) => process.send?.(answer));
});
process.send?.('ready');
