import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** Runs `act` as on a file system without hard links, which says so with `errno`. */
export async function withoutLinks<T>(act: () => T | Promise<T>, errno = 'EPERM'): Promise<T> {
  const linkSync = fs.linkSync.bind(fs);
  fs.linkSync = (_from, to) => {
    const code = fs.lstatSync(to, { throwIfNoEntry: false }) === undefined ? errno : 'EEXIST';
    throw Object.assign(new Error(code), { code });
  };
  syncBuiltinESMExports();
  try {
    return await act();
  } finally {
    fs.linkSync = linkSync;
    syncBuiltinESMExports();
  }
}
