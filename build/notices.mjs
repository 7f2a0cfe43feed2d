#!/usr/bin/env node
/**
 * Writes docs/third-party-notices.md: every npm package that ends up in the product (the dependencies, and
 * what the renderer bundles), with its licence text, and the firmware.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const top = join(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
const bundled = ['@mantine/', '@novnc/', '@tabler/', 'react', 'react-dom', 'zustand', 'intl-messageformat'];
const roots = [
  ...Object.keys(manifest.dependencies),
  ...Object.keys(manifest.devDependencies).filter((name) =>
    bundled.some((b) => name === b || (b.endsWith('/') && name.startsWith(b))),
  ),
];

/** @type {Map<string, { version: string, licence: string, text: string }>} */
const found = new Map();
for (const name of roots) collect(name);

/** @param {string} name */
function collect(name) {
  const folder = join(top, 'node_modules', name);
  if (found.has(name) || !existsSync(join(folder, 'package.json'))) return;
  const pack = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
  found.set(name, { version: pack.version, licence: pack.license ?? 'see text', text });
  for (const dependency of Object.keys(pack.dependencies ?? {})) collect(dependency);
}

const parts = [...found]
  .sort(([a], [b]) => a.localeCompare(b))
  .map(([name, { version, licence, text }]) =>
    [
      `## ${name} ${version}`,
      '',
      `Licence: ${licence}`,
      ...(text === '' ? [] : ['', '```', text.replaceAll('\r\n', '\n'), '```']),
    ].join('\n'),
  );
const head = `# Third-party notices

Redoubt contains the software below. This page is written by \`node build/notices.mjs\`.

## SeaBIOS and its VGA BIOS

Licence: LGPL-3.0. A packaged Redoubt carries the two images, unchanged, as files of their own
(\`resources/firmware\`), taken from the system it was packaged on; they can be replaced by others.
Source: the SeaBIOS project, and the \`seabios\` source package of Debian.
`;
writeFileSync(join(top, 'docs', 'third-party-notices.md'), `${head}\n${parts.join('\n\n')}\n`);
process.stdout.write(`${String(found.size)} packages\n`);
