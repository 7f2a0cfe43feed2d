import { describe, expect, it } from 'vitest';
import type { ActionContext } from '../../../renderer/actions/action.ts';
import {
  allActions,
  baseMenu,
  machineMenu,
  machineToolbar,
  separator,
} from '../../../renderer/actions/action-table.ts';
import { powerStateSchema } from '../../../core/api/machines.ts';
import { makeMachine } from '../support/scenes.ts';

const nothing: ActionContext = {
  machine: undefined,
  base: undefined,
  tab: 'summary',
  isConnected: true,
  shell: 'tab',
  console: undefined,
};

describe('the action table', () => {
  it('has a name and an id of its own for every action', () => {
    for (const action of allActions) expect(action.label, action.id).not.toBe('');
    const ids = allActions.map((action) => action.id);
    expect(new Set(ids).size).toBe(ids.length);
    const labels = allActions.map((action) => action.label);
    expect(new Set(labels).size).toBe(labels.length);
  });

  it('gives no key twice', () => {
    const keys = allActions.flatMap((action) => (action.key === undefined ? [] : [action.key]));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('offers in toolbar and context menus only what the menu bar has', () => {
    for (const item of [...machineToolbar, ...machineMenu, ...baseMenu]) {
      if (item !== separator) expect(allActions).toContain(item);
    }
  });

  it('says why in a sentence wherever an action is not possible', () => {
    const contexts: ActionContext[] = [
      nothing,
      { ...nothing, isConnected: false },
      ...powerStateSchema.options.map((power) => ({ ...nothing, machine: makeMachine({ name: 'qa', power }) })),
    ];
    for (const context of contexts) {
      for (const action of allActions) {
        const enabled = action.enabledWhen(context);
        if (enabled !== true) expect(enabled, action.id).toMatch(/^.{5,}\.$/);
      }
    }
  });
});
