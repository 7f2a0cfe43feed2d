import { create } from 'zustand';
import type { Client } from '../../core/api/contract.ts';

export type ShellInfo = Awaited<ReturnType<Client['shell']['info']>>;

/** What the core said of itself and this computer; absent until it did. */
export const useShellInfo = create<{ readonly info: ShellInfo | undefined }>()(() => ({ info: undefined }));
