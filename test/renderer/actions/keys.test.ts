import { describe, expect, it } from 'vitest';
import { ariaKey, matchesKey, offeredKey, writeKey, type KeyPress } from '../../../renderer/actions/keys.ts';

function press(key: string, changes: Partial<KeyPress> = {}): KeyPress {
  return { key, code: '', ctrlKey: false, shiftKey: false, altKey: false, metaKey: false, ...changes };
}

describe('keys', () => {
  it('need exactly their modifiers', () => {
    expect(matchesKey('Ctrl+E', press('e', { ctrlKey: true }), false)).toBe(true);
    expect(matchesKey('Ctrl+E', press('E', { ctrlKey: true, shiftKey: true }), false)).toBe(false);
    expect(matchesKey('Ctrl+Shift+E', press('E', { ctrlKey: true, shiftKey: true }), false)).toBe(true);
    expect(matchesKey('Ctrl+E', press('e'), false)).toBe(false);
    expect(matchesKey('F2', press('F2'), false)).toBe(true);
    expect(matchesKey('Del', press('Delete'), false)).toBe(true);
  });

  it('find letters by their place on keyboards that produce others', () => {
    expect(matchesKey('Ctrl+E', press('у', { ctrlKey: true, code: 'KeyE' }), false)).toBe(true);
  });

  it('use the command key on macOS', () => {
    expect(matchesKey('Ctrl+E', press('e', { metaKey: true }), true)).toBe(true);
    expect(matchesKey('Ctrl+E', press('e', { ctrlKey: true }), true)).toBe(false);
    expect(writeKey('Ctrl+Shift+E', true)).toBe('⌘⇧E');
    expect(writeKey('Ctrl+Shift+E', false)).toBe('Ctrl+Shift+E');
    expect(ariaKey('Ctrl+Alt+Ins', false)).toBe('Control+Alt+Insert');
  });

  it('that a browser keeps for itself are not offered in a tab', () => {
    expect(offeredKey('Ctrl+N', 'tab')).toBeUndefined();
    expect(offeredKey('Ctrl+N', 'electron')).toBe('Ctrl+N');
    expect(offeredKey('Ctrl+B', 'tab')).toBe('Ctrl+B');
  });
});
