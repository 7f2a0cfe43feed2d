import { describe } from 'vitest';
import { V86Backend } from '../../../core/backends/v86/v86-backend.ts';
import { backendContract } from './backend-contract.ts';

const availability = await new V86Backend().availability();
if (!availability.isAvailable) console.warn(`skipped: ${availability.reason}`);

describe.skipIf(!availability.isAvailable)('v86', () => {
  backendContract('v86', { makeBackend: () => new V86Backend(), bootLimitMs: 30_000 });
});
