import { useEffect } from 'react';
import { useConsole } from '../stores/console.ts';
import { hasOpenDialog } from '../stores/dialogs.ts';
import type { Action } from './action.ts';
import { allActions } from './action-table.ts';
import { readActionContext } from './context.ts';
import { fullScreen } from './full-screen.ts';
import { isMacPlatform, matchesKey, offeredKey, type KeyPress } from './keys.ts';
import { runAction } from './run-action.ts';

/** Lets the keys of the action table act in the whole window. */
export function useShortcuts(): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const action = findShortcut(event, event.target);
      if (action === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      runAction(action, readActionContext());
    };
    // Before the console's own listeners, so that full screen can be left while it has the grab.
    window.addEventListener('keydown', onKeyDown, { capture: true });
    return () => {
      window.removeEventListener('keydown', onKeyDown, { capture: true });
    };
  }, []);
}

/**
 * The action a key press asks for, or `undefined`. While the console has the grab everything goes to the
 * guest but Ctrl+Alt+Enter; under a dialog and in a field the window's keys rest.
 */
export function findShortcut(press: KeyPress, target: EventTarget | null): Action | undefined {
  const isMac = isMacPlatform();
  const candidates = useConsole.getState().isGrabbed ? [fullScreen] : allActions;
  if (candidates.length > 1 && hasOpenDialog()) return undefined;
  const { shell } = readActionContext();
  return candidates.find((action) => {
    const key = offeredKey(action.key, shell);
    if (key === undefined || !matchesKey(key, press, isMac)) return false;
    const isBare = !key.includes('Ctrl');
    return !(isBare && isEditable(target));
  });
}

function isEditable(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}
