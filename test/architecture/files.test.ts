import { describe, expect, it } from 'vitest';
import { readSource, sourcesBelow } from './project-files.ts';

const sources = ['core', 'electron', 'renderer'].flatMap(sourcesBelow);

describe('the files', () => {
  it('past 400 lines say at their head why they are one thing', () => {
    const long = sources.filter((file) => {
      const text = readSource(file);
      return text.split('\n').length > 400 && !/one thing/i.test(text.slice(0, 2000));
    });
    expect(long).toEqual([]);
  });

  it('are named in kebab-case, and none is a drawer', () => {
    expect(sources.filter((file) => !/^[a-z0-9/.-]+$/.test(file))).toEqual([]);
    expect(sources.filter((file) => /\b(utils?|helpers?|misc|common|manager)\b/.test(file))).toEqual([]);
  });
});
