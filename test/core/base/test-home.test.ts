import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { resolveHome } from '../../../core/base/home.ts';

describe('the tests’ own home', () => {
  it('is what the product uses, so that no test touches the user’s', () => {
    const home = resolveHome();
    for (const folder of Object.values(home)) expect(String(folder).startsWith(tmpdir())).toBe(true);
  });
});
