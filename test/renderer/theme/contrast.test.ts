import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const css = readFileSync(resolve(import.meta.dirname, '../../../renderer/theme/tokens.css'), 'utf8');

/** Each scheme's colours: its own, over those of the rules that also apply to it. */
const light = rule(':root');
const dark = { ...light, ...rule(":root[data-mantine-color-scheme='dark']") };
const schemes = {
  light,
  dark,
  'light, high contrast': { ...light, ...rule(":root[data-contrast='high']") },
  'dark, high contrast': {
    ...dark,
    ...rule(":root[data-contrast='high']"),
    ...rule(":root[data-contrast='high'][data-mantine-color-scheme='dark']"),
  },
};

const surfaces = ['chrome', 'surface', 'sidebar', 'raised'];
const textPairs = [
  ...surfaces.flatMap((surface) => ['text', 'text-soft', 'accent'].map((text) => [text, surface] as const)),
  ['running', 'surface'],
  ['waiting', 'surface'],
  ['waiting', 'sidebar'],
  ['danger', 'surface'],
  ['danger', 'sidebar'],
  ['text', 'accent-soft'],
  ['text', 'waiting-soft'],
  ['text', 'danger-soft'],
  ['text-soft', 'danger-soft'],
  ['accent', 'danger-soft'],
  ['text', 'info-soft'],
  ['text-soft', 'info-soft'],
  ['on-accent', 'accent-fill'],
  ['on-accent', 'accent-fill-hover'],
  ['on-console', 'console'],
] as const;

describe.each(Object.entries(schemes))('the %s scheme', (_name, colours) => {
  it.each(textPairs)('%s can be read on %s', (text, surface) => {
    expect(contrast(colours[text], colours[surface])).toBeGreaterThanOrEqual(4.5);
  });

  it.each(surfaces)('parts stand out on %s', (surface) => {
    expect(contrast(colours['line-strong'], colours[surface])).toBeGreaterThanOrEqual(3);
    expect(contrast(colours['ring'], colours[surface])).toBeGreaterThanOrEqual(3);
  });
});

function rule(selector: string): Record<string, string> {
  const start = css.indexOf(`\n${selector} {`);
  const body = css.slice(start, css.indexOf('}', start));
  const found = [...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(
    ([, name, value]) => [name ?? '', value ?? ''] as const,
  );
  const colours = Object.fromEntries(found);
  // A colour may be another's name.
  if (colours['ring']?.startsWith('var(') === true) delete colours['ring'];
  return { ...(colours['accent'] === undefined ? {} : { ring: colours['accent'] }), ...colours };
}

/** Contrast ratio after WCAG 2.2, from 1 to 21. */
function contrast(a: string | undefined, b: string | undefined): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string | undefined): number {
  const hex = /^#([0-9a-f]{6})$/i.exec(colour ?? '')?.[1];
  if (hex === undefined) throw new Error(`not a plain colour: ${String(colour)}`);
  const [red, green, blue] = [0, 2, 4].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.03928 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
