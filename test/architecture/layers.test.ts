import { existsSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { importTable, ruleFor, type ImportRule } from './import-table.ts';
import { readSource, sourcesBelow, top } from './project-files.ts';

const files = ['core', 'electron', 'renderer'].flatMap(sourcesBelow);

describe('who may import whom', () => {
  it('finds the sources', () => {
    expect(files.length).toBeGreaterThan(50);
  });

  it('has a rule for every source, and a source for every rule', () => {
    expect(files.filter((file) => ruleFor(file) === undefined)).toEqual([]);
    const used = new Set(files.map((file) => ruleFor(file)));
    expect(importTable.filter((rule) => !used.has(rule)).map((rule) => rule.from)).toEqual([]);
  });

  it.each(files)('%s imports only what its folder may', (file) => {
    const rule = ruleFor(file);
    const wrong = ts
      .preProcessFile(readSource(file), true, true)
      .importedFiles.map(({ fileName }) => fileName)
      .filter((name) => rule === undefined || !isAllowed(rule, file, name));
    expect(
      wrong,
      `${file} may import its own folder, ${rule?.inside.join(', ')} and ${rule?.outside.join(', ')}`,
    ).toEqual([]);
  });

  it('names every relative import with its suffix, and the file is there', () => {
    const missing = files.flatMap((file) =>
      ts
        .preProcessFile(readSource(file), true, true)
        .importedFiles.map(({ fileName }) => fileName)
        .filter((name) => name.startsWith('.') && !existsSync(join(top, dirname(file), name.replace(/\?.*$/, ''))))
        .map((name) => `${file}: ${name}`),
    );
    expect(missing).toEqual([]);
  });
});

function isAllowed(rule: ImportRule, file: string, imported: string): boolean {
  if (!imported.startsWith('.')) {
    return rule.outside.some(
      (name) => imported === name || imported.startsWith(name.endsWith(':') || name.endsWith('/') ? name : `${name}/`),
    );
  }
  const target = posix.join(posix.dirname(file), imported);
  return target.startsWith(rule.from) || rule.inside.some((prefix) => target.startsWith(prefix));
}
