import { expect, it } from 'vitest';
import { SlotSet } from '../../../../../core/disk/formats/sparse/slot-set.ts';

it('a set of slots goes on past 2^31 of them', () => {
  const border = 2 ** 31;
  const slots = new SlotSet(border + 100_000);
  for (let slot = border - 32_768; slot < border; slot++) slots.add(slot);
  expect(slots.nextFree(border - 1)).toBe(border);
  slots.add(border + 5);
  expect(slots.has(border + 5)).toBe(true);
  expect(slots.last()).toBe(border + 5);
});
