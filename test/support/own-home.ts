import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gives the whole run a home of its own, so that no test reads or writes the user's settings. */
export default function setup(): () => void {
  const home = mkdtempSync(join(tmpdir(), 'redoubt-home-'));
  process.env['REDOUBT_HOME'] = home;
  return () => rmSync(home, { recursive: true, force: true });
}
