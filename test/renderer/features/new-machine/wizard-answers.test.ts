import { describe, expect, it } from 'vitest';
import {
  completeAnswers,
  isShared,
  otherUsers,
  type ExistingDisk,
  type WizardFacts,
} from '../../../../renderer/features/new-machine/wizard-answers.ts';
import { emptyDraft, type WizardDraft } from '../../../../renderer/features/new-machine/wizard-draft.ts';

const facts: WizardFacts = {
  backend: { name: 'qemu', isAvailable: true, description: '', network: true, scsi: true, maximumMemoryMb: 4096 },
  hostMemoryMb: 16384,
  proposedName: 'Machine 1',
  proposedDirectory: '/vms/Machine 1',
  existing: undefined,
};

const aloneDisk: ExistingDisk = {
  path: '/vms/base/mydisk.vmdk',
  chain: { capacityBytes: 4 * 2 ** 30, links: [] },
  dependents: [],
  usedBy: [],
};
const sharedDisk: ExistingDisk = {
  ...aloneDisk,
  dependents: [{ path: '/vms/qa1/mydisk.vmdk.REDO_a01000', machineName: 'qa1' }],
};

function answersFor(changes: Partial<WizardDraft>, existing?: ExistingDisk) {
  return completeAnswers({ ...emptyDraft(), ...changes }, { ...facts, existing });
}

describe('the wizard’s answers', () => {
  it('are complete from the start: a new persistent disk of 4 GB under the proposed name', () => {
    expect(answersFor({})).toMatchObject({
      name: 'Machine 1',
      directory: '/vms/Machine 1',
      disk: 'new',
      capacityGb: 4,
      isSplit: true,
      allocatesNow: false,
      diskFileName: 'Machine 1.vmdk',
      mode: 'persistent',
      network: 'nat',
      bus: 'ide',
    });
  });

  it('follow the guest system until something else was said', () => {
    expect(answersFor({ guestId: 'winXPPro' })).toMatchObject({ memoryMb: 256, capacityGb: 8 });
    expect(answersFor({ guestId: 'winXPPro', memoryMb: 96 }).memoryMb).toBe(96);
  });

  it('never recommend more memory than the backend takes', () => {
    const small = { ...facts, backend: { ...facts.backend!, maximumMemoryMb: 128 } };
    expect(completeAnswers({ ...emptyDraft(), guestId: 'debian-64' }, small).memoryMb).toBe(128);
  });

  it('take no network where the backend has none', () => {
    const emulator = { ...facts, backend: { ...facts.backend!, network: 'The built-in emulator has no network.' } };
    expect(completeAnswers(emptyDraft(), emulator).network).toBe('none');
  });

  it('offer Undoable and a period for an existing disk outside the machine’s folder', () => {
    const answers = answersFor(
      { configuration: 'custom', diskChoice: 'existing', existingPath: sharedDisk.path },
      sharedDisk,
    );
    expect(answers).toMatchObject({ disk: 'existing', mode: 'undoable', redoLogDir: '.' });
  });

  it('leave the directory blank for a disk of the machine’s own folder that nobody shares', () => {
    const path = '/vms/Machine 1/own.vmdk';
    const answers = answersFor(
      { configuration: 'custom', diskChoice: 'existing', existingPath: path },
      { ...aloneDisk, path },
    );
    expect(answers.redoLogDir).toBe('');
  });

  it('do not hold on to Persistent once the disk turns out to be shared', () => {
    const draft = {
      configuration: 'custom',
      diskChoice: 'existing',
      existingPath: sharedDisk.path,
      mode: 'persistent',
    } as const;
    expect(answersFor(draft, aloneDisk).mode).toBe('persistent');
    expect(answersFor(draft, sharedDisk).mode).toBe('undoable');
  });

  it('of a copy of a base are about an existing disk', () => {
    expect(completeAnswers(emptyDraft(aloneDisk.path), facts)).toMatchObject({
      configuration: 'copy',
      disk: 'existing',
      existingPath: aloneDisk.path,
    });
  });

  it('ignore a disc image while the machine is installed later', () => {
    expect(answersFor({ isoPath: '/iso/a.iso', installsLater: true }).isoPath).toBeUndefined();
    expect(answersFor({ isoPath: '/iso/a.iso', installsLater: false }).isoPath).toBe('/iso/a.iso');
  });
});

describe('a shared disk', () => {
  it('is one with dependents, with users, or one that can’t be written', () => {
    expect(isShared(aloneDisk)).toBe(false);
    expect(isShared(sharedDisk)).toBe(true);
    expect(isShared({ ...aloneDisk, usedBy: ['kiosk'] })).toBe(true);
    expect(isShared({ ...aloneDisk, persistentProblem: { code: 'disk.read-only', message: '', details: {} } })).toBe(
      true,
    );
  });

  it('counts a machine once, and loose redo logs by their path', () => {
    const dependents = [{ path: '/a.REDO', machineName: 'qa1' }, { path: '/old.REDO' }];
    expect(otherUsers({ dependents, usedBy: ['qa1', 'kiosk'] })).toEqual(['qa1', 'kiosk', '/old.REDO']);
  });
});
