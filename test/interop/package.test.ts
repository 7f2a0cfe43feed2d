import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listPackage } from '@electron/asar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTempFolder, type TempFolder } from '../support/temp-folder.ts';

const top = join(import.meta.dirname, '../..');

/**
 * Packs with a stand-in for Electron's archive, which can't be downloaded everywhere: it proves what goes
 * into the package, not that the package starts.
 */
describe('npm run package', () => {
  let folder: TempFolder;
  let packed: string;
  let files: string[];

  beforeAll(async () => {
    folder = makeTempFolder();
    const standIn = join(folder.path, 'electron');
    mkdirSync(join(standIn, 'resources'), { recursive: true });
    for (const name of ['electron', 'chrome-sandbox']) {
      writeFileSync(join(standIn, name), '#!/bin/sh\nexit 1\n');
      chmodSync(join(standIn, name), 0o755);
    }
    const { version } = JSON.parse(readFileSync(join(top, 'node_modules/electron/package.json'), 'utf8')) as {
      version: string;
    };
    writeFileSync(join(standIn, 'version'), version);
    for (const name of ['LICENSE', 'LICENSES.chromium.html']) writeFileSync(join(standIn, name), 'stand-in');
    const args = [join(top, 'build/package.mjs'), '--electron-dist', standIn, '--output', folder.path];
    const result = spawnSync(process.execPath, args, {
      cwd: top,
      encoding: 'utf8',
      env: { ...process.env, HOME: folder.path },
    });
    expect(result.status, `${result.stdout}\n${result.stderr}`).toBe(0);
    packed = join(folder.path, 'linux-unpacked');
    files = listPackage(join(packed, 'resources/app.asar'), { isPack: false });
  }, 180_000);

  afterAll(() => folder.remove());

  it('holds every program of the core, the page, the demo guest and the licence', () => {
    const programs = ['main', 'host', 'cli', 'runner', 'job', 'disk-worker', 'v86-worker'].map(
      (name) => `/out/main/${name}.js`,
    );
    const others = [
      '/out/preload/preload.cjs',
      '/out/renderer/index.html',
      '/assets/scratchpad/scratchpad.img',
      '/LICENSE',
      '/docs/third-party-notices.md',
    ];
    expect([...programs, ...others].filter((file) => !files.includes(file))).toEqual([]);
  });

  it('holds the packages that run, and none that only build', () => {
    expect(files).toContain('/node_modules/v86/build/v86.wasm');
    expect(files).toContain('/node_modules/ws/package.json');
    const buildOnly = ['electron', 'vite', 'typescript', 'vitest', '@mantine', 'react', '@playwright'];
    expect(buildOnly.filter((name) => files.includes(`/node_modules/${name}`))).toEqual([]);
  });

  it('holds no source and no test', () => {
    expect(files.filter((file) => /^\/(core|renderer|electron|test|build)\b/.test(file))).toEqual([]);
  });

  it('runs its programs from plain files, with the firmware of the package', () => {
    // In the package the executable is Electron in Node mode; Node does as well.
    const unpacked = join(packed, 'resources/app.asar.unpacked');
    const run = (...args: string[]) =>
      spawnSync(process.execPath, args, { cwd: folder.path, encoding: 'utf8', env: { HOME: folder.path, PATH: '' } });
    const made = run(join(unpacked, 'out/main/cli.js'), 'disk', 'create', 'made.vmdk', '--size', '1M');
    expect(made.stderr).toBe('');
    expect(existsSync(join(folder.path, 'made.vmdk'))).toBe(true);
    for (const name of ['runner', 'job', 'host', 'disk-worker', 'v86-worker'])
      expect(existsSync(join(unpacked, `out/main/${name}.js`)), name).toBe(true);
    expect(existsSync(join(unpacked, 'assets/scratchpad/scratchpad.img'))).toBe(true);
    expect(existsSync(join(unpacked, 'node_modules/v86/build/v86.wasm'))).toBe(true);
  });

  it('carries the firmware of the built-in emulator', () => {
    expect(existsSync(join(packed, 'resources/firmware/bios.bin'))).toBe(true);
    expect(existsSync(join(packed, 'resources/firmware/vgabios-stdvga.bin'))).toBe(true);
  });
});
