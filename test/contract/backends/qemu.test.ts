import { afterAll, describe } from 'vitest';
import { createQemuBackend } from '../../../core/backends/qemu/qemu-backend.ts';
import { locateQemu } from '../../../core/backends/qemu/locate.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { backendContract } from './backend-contract.ts';

const location = await locateQemu();
if (location.kind === 'missing') console.warn(`skipped: ${location.reason}`);

describe.skipIf(location.kind === 'missing')('QEMU', () => {
  const state = makeTempFolder();
  afterAll(() => state.remove());
  backendContract('qemu', {
    makeBackend: () => createQemuBackend({ stateDirectory: state.path }),
    bootLimitMs: 20_000,
  });
});
