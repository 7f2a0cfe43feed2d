import { createFakeBackend } from '../../../core/backends/fake/fake-backend.ts';
import { backendContract } from './backend-contract.ts';

backendContract('fake', { makeBackend: () => createFakeBackend(), bootLimitMs: 5_000 });
