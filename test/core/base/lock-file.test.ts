import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock, isHeld } from '../../../core/base/lock-file.ts';
import { currentProcess } from '../../../core/base/process-identity.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

let folder: TempFolder;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(() => {
  folder.remove();
});

describe('a lock in a small file', () => {
  const elsewhere = { bootId: 'another boot', token: 't', purpose: 'running' };

  it('goes to the next where its holder was here before the last boot', async () => {
    writeFileSync(folder.at('lock'), JSON.stringify({ ...currentProcess(), ...elsewhere }));
    expect(isHeld(await acquireLock(folder.at('lock'), 'p'))).toBe(true);
  });

  it('stays with a holder on another computer, also of one that has the same name', async () => {
    const text = JSON.stringify({ ...currentProcess(), ...elsewhere, machineId: 'f'.repeat(32) });
    writeFileSync(folder.at('lock'), text);
    expect(isHeld(await acquireLock(folder.at('lock'), 'p'))).toBe(false);
    expect(readFileSync(folder.at('lock'), 'utf8')).toBe(text);
  });

  it.each(['', 'null', '5', '[]', '{}', '{"token":7,"purpose":"p","pid":1}'])(
    'stays where it says %j, of which nobody knows who wrote it',
    async (text) => {
      writeFileSync(folder.at('lock'), text);
      expect(await acquireLock(folder.at('lock'), 'p')).toMatchObject({ purpose: 'a lock that cannot be read' });
      expect(readFileSync(folder.at('lock'), 'utf8')).toBe(text);
    },
  );

  it('keeps nobody waiting for ever where a link that leads nowhere has its name', async () => {
    symlinkSync(folder.at('nowhere'), folder.at('lock'));
    expect(await acquireLock(folder.at('lock'), 'p')).toMatchObject({ purpose: 'a lock that cannot be read' });
    expect(existsSync(folder.at('nowhere'))).toBe(false);
  });
});
