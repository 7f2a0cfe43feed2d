import { beforeEach, describe, expect, it } from 'vitest';
import { RedoubtError } from '../../../renderer/errors/redoubt-error.ts';
import { closeDialog, hasOpenDialog, openDialog, showError, useDialogs } from '../../../renderer/stores/dialogs.ts';

const kinds = () => useDialogs.getState().stack.map((dialog) => dialog.kind);

beforeEach(() => {
  useDialogs.setState({ stack: [] });
});

describe('the stack of dialogs', () => {
  it('puts each dialog on top and closes the topmost', () => {
    openDialog({ kind: 'settings', machineId: 'a' });
    showError(new RedoubtError('internal', 'x', { detail: 'x' }));
    expect(kinds()).toEqual(['settings', 'error']);
    closeDialog();
    expect(kinds()).toEqual(['settings']);
    expect(hasOpenDialog()).toBe(true);
  });

  it('closes one by its key, wherever it lies', () => {
    const key = openDialog({ kind: 'settings', machineId: 'a' });
    openDialog({ kind: 'about' });
    closeDialog(key);
    expect(kinds()).toEqual(['about']);
  });

  it('replaces a dialog of the same kind for the same machine, but never an error', () => {
    openDialog({ kind: 'settings', machineId: 'a' });
    openDialog({ kind: 'settings', machineId: 'a', panel: 'disk' });
    openDialog({ kind: 'settings', machineId: 'b' });
    expect(kinds()).toEqual(['settings', 'settings']);
    showError(new RedoubtError('internal', 'x', { detail: 'x' }));
    showError(new RedoubtError('internal', 'y', { detail: 'y' }));
    expect(kinds()).toHaveLength(4);
  });
});
