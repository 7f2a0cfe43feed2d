/** Takes a lock, says so, and holds it until it is told to let go or is killed. Run by tests as a process of its own. */
import { lockFile, type FileLock } from '../../core/disk/locks/file-lock.ts';
import type { LockKind } from '../../core/disk/locks/lock-holder.ts';

const [file = '', kind = 'writer'] = process.argv.slice(2);
let lock: FileLock | undefined;
try {
  lock = await lockFile(file, kind as LockKind, { purpose: 'test' });
  process.stdout.write('held\n');
} catch (error) {
  process.stdout.write(`${(error as { code?: string }).code ?? String(error)}\n`);
  process.exit(1);
}
process.stdin.once('data', () => {
  void lock?.release().then(() => process.exit(0));
});
process.stdin.resume();
