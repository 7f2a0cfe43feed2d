#!/usr/bin/env node
/**
 * `npm start`: installs what is missing, builds, and opens the product: in Electron where its binary and a
 * display are there, else through the headless host in a browser window, else by printing the address.
 *
 * Options: `--host` never tries Electron; `--no-open` only prints the address; `--port N` for the host.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBundle } from './bootstrap/bundle.mjs';
import { ensureDebianPackages } from './bootstrap/debian-packages.mjs';
import { fetchElectronBinary } from './bootstrap/electron-binary.mjs';
import { ensureNpmPackages } from './bootstrap/npm-packages.mjs';
import { openWindow } from './bootstrap/open-window.mjs';
import { say } from './bootstrap/say.mjs';

const top = join(import.meta.dirname, '..');
const options = process.argv.slice(2);
const hasDisplay =
  process.platform !== 'linux' || Boolean(process.env['DISPLAY']) || Boolean(process.env['WAYLAND_DISPLAY']);

await ensureNpmPackages(top);
await ensureDebianPackages('start');
await ensureBundle(top);

const electron = options.includes('--host') || !hasDisplay ? undefined : await fetchElectronBinary(top);
if (electron !== undefined) startElectron(electron);
else startHost();

/** @param {string} binary */
function startElectron(binary) {
  const flags = [];
  if (process.getuid?.() === 0) {
    say('Electron refuses to start as root with its sandbox, so it starts without (--no-sandbox)');
    flags.push('--no-sandbox');
  } else if (userNamespacesAreForbidden()) {
    say('this system forbids unprivileged user namespaces, which Electron’s sandbox needs.');
    say('allow them, or use the browser window: npm start -- --host');
  }
  const child = spawn(binary, [...flags, top], { stdio: 'inherit' });
  child.on('exit', (status) => process.exit(status ?? 1));
}

function userNamespacesAreForbidden() {
  const switches = [
    ['/proc/sys/kernel/unprivileged_userns_clone', '0'],
    ['/proc/sys/kernel/apparmor_restrict_unprivileged_userns', '1'],
    ['/proc/sys/user/max_user_namespaces', '0'],
  ];
  return switches.some(([path, bad]) => existsSync(String(path)) && readFileSync(String(path), 'utf8').trim() === bad);
}

function startHost() {
  const port = options.indexOf('--port');
  const args = port >= 0 ? ['--port', String(options[port + 1])] : [];
  // Every user of this computer can read the browser's command line, so what stands there opens the door once.
  const onceToken = randomBytes(24).toString('base64url');
  const child = spawn(process.execPath, [join(top, 'out', 'main', 'host.js'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, REDOUBT_ONCE_TOKEN: onceToken },
  });
  let isOpened = false;
  child.stdout.on('data', (bytes) => {
    process.stdout.write(bytes);
    const address = /https?:\/\/\S+/.exec(String(bytes))?.[0];
    if (address === undefined || isOpened) return;
    isOpened = true;
    if (options.includes('--no-open') || !hasDisplay) say(`open this address in a browser: ${address}`);
    else openWindow(address.replace(/token=.*$/, `token=${onceToken}`));
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
  child.on('exit', (status) => process.exit(status ?? 1));
}
