import { spawn } from 'node:child_process';
import { chromiumPath } from './chromium-path.mjs';
import { say } from './say.mjs';

/**
 * Opens the address as a window of its own in a Chromium (app mode), else in the user's browser.
 * @param {string} address
 */
export function openWindow(address) {
  const chromium = chromiumPath();
  const flags = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const [command, ...args] =
    chromium !== undefined
      ? [chromium, ...flags, `--app=${address}`, '--window-size=1280,820']
      : process.platform === 'darwin'
        ? ['open', address]
        : process.platform === 'win32'
          ? ['cmd', '/c', 'start', '', address]
          : ['xdg-open', address];
  const child = spawn(String(command), args, { stdio: 'ignore', detached: true });
  child.on('error', () => say(`open this address in a browser: ${address}`));
  child.unref();
}
