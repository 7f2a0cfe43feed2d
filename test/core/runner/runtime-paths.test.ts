import { chmodSync, mkdirSync, statSync, symlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { homeBelow } from '../../../core/base/home.ts';
import { prepareRuntimeDirectory, runtimePaths } from '../../../core/runner/runtime-paths.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const id = 'a'.repeat(32);

describe('runtime folders', () => {
  it('lie in the home, or in a short folder where socket paths would be too long', () => {
    expect(runtimePaths(homeBelow('/h'), id).controlSocket).toBe(`/h/run/${id}/control.sock`);
    const deep = homeBelow(`/${'deep/'.repeat(20)}home`);
    const { directory, controlSocket } = runtimePaths(deep, id);
    expect(directory.startsWith(tmpdir())).toBe(true);
    expect(Buffer.byteLength(controlSocket)).toBeLessThan(100);
    expect(runtimePaths(homeBelow('/another/' + 'deep/'.repeat(20)), id).directory).not.toBe(directory);
  });

  it('are closed to others, and not made where somebody else could have prepared them', () => {
    using folder = makeTempFolder();
    const home = homeBelow(folder.path);
    const { directory } = runtimePaths(home, id);
    mkdirSync(directory, { recursive: true });
    chmodSync(directory, 0o755);
    chmodSync(dirname(directory), 0o755);
    prepareRuntimeDirectory(home, id);
    expect([directory, dirname(directory)].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700]);
    rmSync(directory, { recursive: true });
    symlinkSync('/', directory);
    expect(() => prepareRuntimeDirectory(home, id)).toThrow('belongs to somebody else');
  });
});
