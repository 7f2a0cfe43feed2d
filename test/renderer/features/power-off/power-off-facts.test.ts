import { describe, expect, it } from 'vitest';
import {
  answerForAll,
  commitBar,
  commitForAll,
  needsSecondPress,
  powerOffFacts,
  type QuestionDisk,
} from '../../../../renderer/features/power-off/power-off-facts.ts';

const disk: QuestionDisk = {
  slot: 'ide0:0',
  disk: '/vms/a.vmdk',
  redo: '/vms/a.vmdk.REDO',
  parent: '/vms/a.vmdk',
  changedBytes: 1000,
  isEmpty: false,
  since: 5000,
  sessions: 1,
  dependents: [],
  needBytes: 0,
  freeBytes: 1000,
};
const limits = { discardAgainAboveBytes: 64 * 2 ** 20, discardAgainAfterMs: 30 * 60_000 };

describe('the power-off question', () => {
  it('speaks of all disks together, since the oldest session', () => {
    const facts = powerOffFacts({
      machineId: 'a',
      machineName: 'a',
      disks: [disk, { ...disk, slot: 'ide0:1', since: 3000, sessions: 4, isEmpty: true }],
    });
    expect(facts).toMatchObject({ changedBytes: 2000, since: 3000, sessions: 4, isEmpty: false, blocked: undefined });
  });

  it('is about nothing only if every log is empty', () => {
    const empty = { ...disk, isEmpty: true };
    expect(powerOffFacts({ machineId: 'a', machineName: 'a', disks: [empty, empty] }).isEmpty).toBe(true);
  });

  it('gives one answer to every disk', () => {
    const question = { machineId: 'a', machineName: 'a', disks: [disk, { ...disk, slot: 'ide0:1' }] };
    expect(answerForAll(question, 'keep')).toEqual([
      { slot: 'ide0:0', answer: 'keep' },
      { slot: 'ide0:1', answer: 'keep' },
    ]);
  });
});

describe('a commit of all disks', () => {
  it('asks once for each parent that others read, and says what shall become of them', () => {
    const shared = { ...disk, slot: 'ide0:1', dependents: [{ path: '/vms/b.vmdk.REDO' }] };
    const question = { machineId: 'a', machineName: 'a', disks: [disk, shared, { ...shared, slot: 'ide1:0' }] };
    expect(commitForAll(question, {})).toEqual({ ask: shared });
    expect(commitForAll(question, { 'ide0:1': 'preserve' })).toMatchObject({ ask: { slot: 'ide1:0' } });
    expect(commitForAll(question, { 'ide0:1': 'preserve', 'ide1:0': 'break' })).toEqual({
      answers: [
        { slot: 'ide0:0', answer: 'commit' },
        { slot: 'ide0:1', answer: 'commit', dependents: 'preserve' },
        { slot: 'ide1:0', answer: 'commit', dependents: 'break' },
      ],
    });
  });
});

describe('what stands against a commit', () => {
  it.each([
    ['none', {}],
    ['no-space', { needBytes: 2000 }],
    ['no-space', { commitProblem: { code: 'disk.no-space', message: '', details: {} } }],
    ['dependents', { dependents: [{ path: '/b' }] }],
    ['dependents', { commitProblem: { code: 'disk.has-dependents', message: '', details: {} } }],
    ['impossible', { commitProblem: { code: 'disk.read-only', message: '', details: {} } }],
  ] as const)('is "%s" for %j', (bar, changes) => {
    expect(commitBar({ ...disk, ...changes } as QuestionDisk)).toBe(bar);
  });
});

describe('a discard', () => {
  const now = 10_000;
  it.each([
    ['a small, short session', { changedBytes: 1000, since: 5000, isEmpty: false }, limits, false],
    ['much', { changedBytes: 65 * 2 ** 20, since: 5000, isEmpty: false }, limits, true],
    ['a long session', { changedBytes: 1000, since: now - 31 * 60_000, isEmpty: false }, limits, true],
    ['an empty log of long ago', { changedBytes: 0, since: 0, isEmpty: true }, limits, false],
    [
      'much, with the limits switched off',
      { changedBytes: 65 * 2 ** 20, since: 0, isEmpty: false },
      { discardAgainAboveBytes: 0, discardAgainAfterMs: 0 },
      false,
    ],
  ])('of %s asks for a second press: %#', (_name, facts, given, expected) => {
    expect(needsSecondPress(facts, given, now)).toBe(expected);
  });
});
