import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome', 'microsoft-edge'];

/**
 * The browser that is installed on this computer. `undefined` if there is none.
 * @returns {string | undefined}
 */
export function chromiumPath() {
  const asked = process.env['REDOUBT_CHROMIUM'];
  if (asked !== undefined && asked !== '') return asked;
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of names) {
      const path = join(folder, name);
      if (folder !== '' && existsSync(path)) return path;
    }
  }
  return undefined;
}
