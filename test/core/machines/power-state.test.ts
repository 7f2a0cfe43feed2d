import { describe, expect, it } from 'vitest';
import { powerStateSchema } from '../../../core/api/machines.ts';
import { nextPowerState, requirePowerState, type PowerEvent } from '../../../core/machines/power-state.ts';

const events: PowerEvent[] = [
  'start',
  'started',
  'start-failed',
  'pause',
  'resume',
  'stop',
  'ended-with-question',
  'ended',
  'decided',
  'runner-died',
];

/** Every step there is; all others must be refused. */
const legal = `
off start starting
failed start starting
suspended start starting
starting started running
starting start-failed failed
starting stop stopping
starting runner-died off
running pause paused
running stop stopping
running ended-with-question deciding
running ended off
running runner-died off
paused resume running
paused stop stopping
paused ended-with-question deciding
paused ended off
paused runner-died off
stopping ended-with-question deciding
stopping ended off
stopping start-failed failed
stopping runner-died off
deciding decided off
deciding runner-died off
`;

describe('power states', () => {
  it('allow the steps of the table and no other', () => {
    const steps = powerStateSchema.options.flatMap((state) =>
      events.flatMap((event) => {
        const next = nextPowerState(state, event);
        return next === undefined ? [] : [`${state} ${event} ${next}`];
      }),
    );
    expect(steps.sort()).toEqual(legal.trim().split('\n').sort());
  });

  it('refuse with the state and what was wanted', () => {
    expect(() => {
      requirePowerState('deciding', ['off'], 'qa', 'be powered on');
    }).toThrow('"qa" is deciding: it cannot be powered on.');
  });
});
