import { startNbdServer } from '../../core/nbd/server.ts';
import { openDiskSession } from '../../core/disk/session/session.ts';

/**
 * The process that is measured: one disk of ours over NBD, nothing else in it.
 * Arguments: socket, file, and the redo log that takes the writes (else they go to the file itself).
 * Prints `ready`; on SIGTERM it closes cleanly.
 */
async function main(): Promise<void> {
  const [socketPath, file, redo] = process.argv.slice(2);
  if (socketPath === undefined || file === undefined) throw new Error('usage: serve-disk SOCKET FILE [REDO]');
  const session = await openDiskSession(
    redo === undefined ? { file, mode: 'persistent' } : { file, mode: 'undoable', redo },
  );
  const server = await startNbdServer({ socketPath, exports: new Map([['', session.device]]) });
  process.on('SIGTERM', () => {
    void server
      .close()
      .then(() => session.close())
      .then(() => process.exit(0));
  });
  process.stdout.write('ready\n');
}

void main();
