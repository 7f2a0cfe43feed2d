// What the `redoubt` command runs: the bundle where there is one, else the sources through tsx.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const bundle = new URL('../../out/main/cli.js', import.meta.url);
const source = new URL('../../core/cli/main.ts', import.meta.url);

if (existsSync(fileURLToPath(bundle))) {
  await import(bundle.href);
} else {
  const { register } = await import('tsx/esm/api');
  register();
  await import(source.href);
}
