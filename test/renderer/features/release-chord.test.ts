import { describe, expect, it } from 'vitest';
import { ReleaseChord } from '../../../renderer/features/console/release-chord.ts';

function play(...steps: string[]): boolean[] {
  const chord = new ReleaseChord();
  return steps.flatMap((step) => {
    if (step.startsWith('+')) {
      chord.down(step.slice(1));
      return [];
    }
    return [chord.up(step.slice(1))];
  });
}

describe('leaving the console', () => {
  it('is Ctrl and Alt together, let go in any order, once', () => {
    expect(play('+Control', '+Alt', '-Alt', '-Control')).toEqual([true, false]);
    expect(play('+Alt', '+Control', '-Alt')).toEqual([true]);
  });

  it('is not one of them alone', () => {
    expect(play('+Control', '-Control', '+Alt', '-Alt')).toEqual([false, false]);
  });

  it('is not a chord with a third key, which is for the guest', () => {
    expect(play('+Control', '+Alt', '+Delete', '-Delete', '-Alt', '-Control')).toEqual([false, false, false]);
  });
});
