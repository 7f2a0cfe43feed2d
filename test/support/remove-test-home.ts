import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Removes the folder that stands in for the home directory in tests, when the run ends. */
export default function setup(): () => void {
  return () => {
    rmSync(join(tmpdir(), `redoubt-vitest-${String(process.pid)}`), { recursive: true, force: true });
  };
}
