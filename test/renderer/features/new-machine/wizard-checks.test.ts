import { describe, expect, it } from 'vitest';
import { RedoubtError } from '../../../../renderer/errors/redoubt-error.ts';
import { completeAnswers, type WizardFacts } from '../../../../renderer/features/new-machine/wizard-answers.ts';
import {
  capacityWarning,
  findProblems,
  noFindings,
  type WizardFindings,
} from '../../../../renderer/features/new-machine/wizard-checks.ts';
import { modeChoicesFor, networkChoices } from '../../../../renderer/features/new-machine/wizard-choices.ts';
import { emptyDraft, type WizardDraft } from '../../../../renderer/features/new-machine/wizard-draft.ts';

const facts: WizardFacts = {
  backend: undefined,
  hostMemoryMb: 2048,
  proposedName: 'Machine 1',
  proposedDirectory: '/vms/Machine 1',
  existing: undefined,
};

function problemsOf(changes: Partial<WizardDraft>, findings: Partial<WizardFindings> = {}) {
  const draft = { ...emptyDraft(), ...changes };
  return findProblems(draft, completeAnswers(draft, facts), facts, { ...noFindings, ...findings });
}

describe('the wizard’s checks', () => {
  it('find nothing wrong with what it proposes', () => {
    expect(problemsOf({})).toEqual([]);
  });

  it.each([
    [{ name: '  ' }, 'name', 'name', 'Enter a name.'],
    [{ memoryMb: 4096 }, 'memory', 'memory', 'At most 2,048 MB fits on this computer.'],
    [{ memoryMb: Number.NaN }, 'memory', 'memory', 'Enter a number of megabytes.'],
    [{ capacityGb: 0 }, 'capacity', 'capacity', 'Enter a capacity in gigabytes, for example 4.'],
    [{ configuration: 'custom', diskFileName: ' ' }, 'disk-file', 'disk-file', 'Enter a file name.'],
    [{ configuration: 'custom', diskChoice: 'existing' }, 'existing-disk', 'existing', 'Choose a disk.'],
    [{ installsLater: false }, 'guest', 'iso', 'Choose a disc image, or install later.'],
  ] as const)('say of %j what is wrong', (changes, panel, field, sentence) => {
    expect(problemsOf(changes as Partial<WizardDraft>)).toEqual([{ panel, field, problem: sentence }]);
  });

  it('say which image can’t be read', () => {
    const [problem] = problemsOf({ installsLater: false, isoPath: '/iso/a.iso' }, { isIsoUnreadable: true });
    expect(problem?.problem).toBe('Redoubt cannot read /iso/a.iso.');
  });

  it('put a taken name under the name and a taken folder under the folder', () => {
    const taken = new RedoubtError('machine.name-taken', '', { name: 'a' });
    const folder = new RedoubtError('machine.folder-taken', '', { folder: '/a', machine: 'b' });
    expect(problemsOf({}, { location: taken })[0]?.field).toBe('name');
    expect(problemsOf({}, { location: folder })[0]?.field).toBe('directory');
  });

  it('put a disk that exists under the file and one that is too large under the capacity', () => {
    const exists = new RedoubtError('disk.exists', '', { file: '/a.vmdk' });
    const large = new RedoubtError('disk.bad-size', '', { value: '9 TB', reason: 'too large' });
    expect(problemsOf({}, { diskFiles: exists })[0]?.panel).toBe('disk-file');
    expect(problemsOf({}, { diskFiles: large })[0]?.panel).toBe('capacity');
  });

  it('warn of an IDE disk that an old guest can’t see whole', () => {
    expect(capacityWarning({ guestId: 'win98', capacityGb: 200, bus: 'ide' })).toContain('128 GB');
    expect(capacityWarning({ guestId: 'win98', capacityGb: 128, bus: 'ide' })).toBeUndefined();
    expect(capacityWarning({ guestId: 'linux', capacityGb: 200, bus: 'ide' })).toBeUndefined();
  });
});

describe('the choices', () => {
  const shared = {
    path: '/a',
    chain: { capacityBytes: 1, links: [] },
    dependents: [{ path: '/b.REDO' }, { path: '/c.REDO' }],
    usedBy: [],
  };

  it('refuse Persistent on a shared disk and say who would be hurt', () => {
    const [persistent] = modeChoicesFor(shared, () => '');
    expect(persistent?.disabledReason).toBe('Persistent would write to a disk that 2 other machines depend on.');
    expect(modeChoicesFor(undefined, () => '')[0]?.disabledReason).toBeUndefined();
  });

  it('refuse every network but None on the built-in emulator', () => {
    const reasons = networkChoices({ name: 'v86', network: 'no', scsi: 'no' }).map((choice) => choice.disabledReason);
    expect(reasons).toEqual([...Array<string>(3).fill('The built-in emulator has no network.'), undefined]);
  });
});
