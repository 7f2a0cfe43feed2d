import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TempFolder {
  readonly path: string;
  /** The path of something inside. */
  at(...names: string[]): string;
  /** Idempotent. */
  remove(): void;
  [Symbol.dispose](): void;
}

/** A folder of the test's own, outside the home directory. Whoever makes it removes it. */
export function makeTempFolder(): TempFolder {
  const path = mkdtempSync(join(tmpdir(), 'redoubt-test-'));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  return { path, at: (...names) => join(path, ...names), remove, [Symbol.dispose]: remove };
}
