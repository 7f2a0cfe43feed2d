import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createBase, type BaseRequest } from '../../../../core/disk/create/create-base.ts';
import { inspectChain } from '../../../../core/disk/describe/inspect.ts';
import { mib, writeDisk } from '../../../support/disk-kit.ts';
import { makeTempFolder } from '../../../support/temp-folder.ts';

const script = resolve(import.meta.dirname, '../../../support/create-and-die.ts');

describe('[G7] a creation that is killed', () => {
  it.each<[string, Partial<BaseRequest>]>([
    ['a VMDK 4 in one file', { format: 'vmdk' }],
    ['a split VMDK 4', { format: 'vmdk', split: true, capacityBytes: 3000 * mib }],
    ['a split disk of ESX', { dialect: 'esx', split: true, capacityBytes: 3000 * mib }],
  ])(
    'does not keep the name of %s',
    async (_what, options) => {
      for (let nth = 1; ; nth++) {
        using folder = makeTempFolder();
        const request: BaseRequest = {
          file: folder.at('disk.vmdk'),
          capacityBytes: 20 * mib,
          split: false,
          bus: 'ide',
          ...options,
        };
        const args = ['--import', import.meta.resolve('tsx'), script, JSON.stringify(request), String(nth)];
        const { signal, status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
        if (signal === null) {
          expect([status, nth > 3]).toEqual([0, true]);
          break;
        }
        if (!existsSync(request.file)) await createBase(request);
        else await createBase({ ...request, file: folder.at('other.vmdk') });
        await writeDisk(request.file, undefined, [[0, 1, 100_000]]);
        expect((await inspectChain(request.file)).links[0]?.state).toBe('clean');
        // A folder that its maker had not locked yet stays for an hour.
        if (nth > 1) expect(readdirSync(folder.path).filter((name) => name.startsWith('.'))).toEqual([]);
      }
    },
    120_000,
  );
});
