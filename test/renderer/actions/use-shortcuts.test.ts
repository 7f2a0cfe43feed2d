import { afterEach, describe, expect, it } from 'vitest';
import { findShortcut } from '../../../renderer/actions/use-shortcuts.ts';
import { useConsole } from '../../../renderer/stores/console.ts';
import { openDialog, useDialogs } from '../../../renderer/stores/dialogs.ts';

const plain = { shiftKey: false, altKey: false, metaKey: false };
const ctrlE = { ...plain, key: 'e', code: 'KeyE', ctrlKey: true };
const ctrlAltEnter = { ...plain, key: 'Enter', code: 'Enter', ctrlKey: true, altKey: true };

afterEach(() => {
  useConsole.setState({ isGrabbed: false });
  useDialogs.setState({ stack: [] });
});

describe('shortcuts of the window', () => {
  it('find their action', () => {
    expect(findShortcut(ctrlE, null)?.id).toBe('power-off');
  });

  it('rest under a dialog', () => {
    openDialog({ kind: 'about' });
    expect(findShortcut(ctrlE, null)).toBeUndefined();
  });

  it('go to the guest while the console has the grab, all but full screen', () => {
    useConsole.setState({ isGrabbed: true });
    expect(findShortcut(ctrlE, null)).toBeUndefined();
    expect(findShortcut(ctrlAltEnter, null)?.id).toBe('full-screen');
  });
});
