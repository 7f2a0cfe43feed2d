/** Commits a redo log and is killed at a point of it. Run by tests as a process of its own. */
import { commitRedoLog } from '../../core/disk/commit/commit.ts';

const [redo = '', point = ''] = process.argv.slice(2);
await commitRedoLog(
  { redo },
  {
    reached: (here) => {
      if (here === point) process.kill(process.pid, 'SIGKILL');
    },
  },
);
