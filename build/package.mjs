#!/usr/bin/env node
/**
 * `npm run package`: an unpacked application directory in dist/.
 * Option: `--electron-dist DIR` takes Electron from a folder instead of the download (a stand-in will do to
 * check what is packed).
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBundle } from './bootstrap/bundle.mjs';
import { ensureDebianPackages } from './bootstrap/debian-packages.mjs';
import { ensureNpmPackages } from './bootstrap/npm-packages.mjs';
import { say } from './bootstrap/say.mjs';

const top = join(import.meta.dirname, '..');
const options = process.argv.slice(2);
const distAt = options.indexOf('--electron-dist');
const outputAt = options.indexOf('--output');

await ensureNpmPackages(top);
await ensureDebianPackages('start');
await ensureBundle(top);
collectFirmware();

// Loaded late: it may have been installed just now.
const { build } = await import('electron-builder');
const { electronFuses, ...settings } = JSON.parse(readFileSync(join(top, 'build', 'electron-builder.json'), 'utf8'));
const outputDirectory = outputAt >= 0 ? { output: String(options[outputAt + 1]) } : {};
try {
  await build({
    dir: true,
    projectDir: top,
    config: {
      ...settings,
      directories: { ...settings.directories, ...outputDirectory },
      // A stand-in has no fuses to flip.
      ...(distAt >= 0 ? { electronDist: String(options[distAt + 1]) } : { electronFuses }),
    },
  });
} catch (error) {
  process.stderr.write(`${String(error)}\n`);
  if (distAt < 0) say('packaging needs Electron’s archive; without a way to download it, pass --electron-dist DIR');
  process.exitCode = 1;
}

/** The built-in emulator's BIOS goes into the package, so that it runs where no emulator is installed. */
function collectFirmware() {
  const target = join(top, 'build', 'firmware');
  mkdirSync(target, { recursive: true });
  for (const name of ['bios.bin', 'vgabios-stdvga.bin']) {
    const found = ['/usr/share/seabios', '/usr/share/vgabios', '/usr/share/qemu']
      .map((folder) => join(folder, name))
      .find((path) => existsSync(path));
    if (found === undefined) throw new Error(`no ${name} found on this computer: install SeaBIOS (package seabios)`);
    copyFileSync(found, join(target, name));
  }
}
