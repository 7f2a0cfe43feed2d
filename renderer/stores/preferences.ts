import { create } from 'zustand';
import { z } from 'zod';

const preferencesSchema = z.object({
  /** Light or dark; `system` follows the desktop. */
  appearance: z.enum(['system', 'light', 'dark']).catch('system'),
  contrast: z.enum(['system', 'high']).catch('system'),
  isSidebarVisible: z.boolean().catch(true),
  sidebarWidthPx: z.number().min(160).max(480).catch(236),
  /** Scale the guest's picture to the console, or show its own pixels. */
  isConsoleScaled: z.boolean().catch(true),
  /** Ask before Power Off and Reset while the guest looks alive. */
  confirmPowerOff: z.boolean().catch(true),
  /** A Discard of more than this asks for a second press; 0 never asks. */
  discardAgainAboveBytes: z
    .number()
    .min(0)
    .catch(64 * 1024 * 1024),
  /** The same for longer sessions; 0 never asks. */
  discardAgainAfterMs: z
    .number()
    .min(0)
    .catch(30 * 60 * 1000),
});
export type Preferences = z.infer<typeof preferencesSchema>;

/** What holds until the reader chooses otherwise. */
export const defaultPreferences: Preferences = preferencesSchema.parse({});

const storageKey = 'redoubt.preferences';

/** The reader's own choices, kept in the browser's storage. A damaged entry falls back field by field. */
export const usePreferences = create<Preferences>()(() => load());

/** Changes some preferences and keeps them. */
export function setPreferences(changes: Partial<Preferences>): void {
  usePreferences.setState(changes);
  try {
    localStorage.setItem(storageKey, JSON.stringify(usePreferences.getState()));
  } catch {
    // Storage may be closed to us (a private window); the choice then lasts as long as the page.
  }
}

function load(): Preferences {
  try {
    return preferencesSchema.parse(JSON.parse(localStorage.getItem(storageKey) ?? '{}') as unknown);
  } catch {
    return defaultPreferences;
  }
}
