import { create } from 'zustand';
import type { ConnectionState } from '../transport/connection.ts';

/** Whether the core can be reached. The banner and the actions read it. */
export const useConnection = create<{ readonly state: ConnectionState }>()(() => ({ state: 'connecting' }));
