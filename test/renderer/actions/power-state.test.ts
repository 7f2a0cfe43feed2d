import { describe, expect, it } from 'vitest';
import { powerStateSchema, type PowerState } from '../../../core/api/machines.ts';
import type { ActionContext } from '../../../renderer/actions/action.ts';
import { canPowerOn, hasGuest, isAtRest, isRunning, looksAlive } from '../../../renderer/actions/power-state.ts';
import { makeMachine } from '../support/scenes.ts';

function context(power: PowerState): ActionContext {
  return {
    machine: makeMachine({ name: 'qa', power }),
    base: undefined,
    tab: 'summary',
    isConnected: true,
    shell: 'tab',
    console: undefined,
  };
}

function statesWhere(test: (context: ActionContext) => true | string): PowerState[] {
  return powerStateSchema.options.filter((power) => test(context(power)) === true);
}

describe('what a power state allows', () => {
  it('gives power to machines that are off', () => {
    expect(statesWhere(canPowerOn)).toEqual(['off', 'suspended', 'failed']);
  });

  it('lets power off while there is a guest, even one that only starts', () => {
    expect(statesWhere(hasGuest)).toEqual(['starting', 'running', 'paused']);
    expect(statesWhere(isRunning)).toEqual(['running', 'paused']);
  });

  it('changes files only of machines at rest without a commit', () => {
    expect(statesWhere(isAtRest)).toEqual(['off', 'failed']);
    expect(isAtRest({ ...context('off'), machine: makeMachine({ name: 'qa', jobId: 'j' }) })).toBe(
      'A commit is running for "qa".',
    );
  });
});

describe('whether a guest looks alive', () => {
  const now = 1_000_000;
  it('is no in the first half minute, and for machines that do not run', () => {
    expect(looksAlive(makeMachine({ name: 'qa', power: 'running', startedAt: now - 5000 }), now)).toBe(false);
    expect(looksAlive(makeMachine({ name: 'qa', power: 'running', startedAt: now - 60_000 }), now)).toBe(true);
    expect(looksAlive(makeMachine({ name: 'qa', power: 'stopping', startedAt: now - 60_000 }), now)).toBe(false);
  });

  it('is no for the demo guest, which has nothing to lose', () => {
    expect(
      looksAlive(makeMachine({ name: 'Demo', power: 'running', startedAt: now - 60_000, isDemo: true }), now),
    ).toBe(false);
  });
});
