import { describe, expect, it } from 'vitest';
import { newMachineSchema } from '../../../../core/api/machines.ts';
import { plannedChain } from '../../../../renderer/features/new-machine/planned-chain.ts';
import { completeAnswers, type WizardFacts } from '../../../../renderer/features/new-machine/wizard-answers.ts';
import { emptyDraft } from '../../../../renderer/features/new-machine/wizard-draft.ts';
import { capacityBytes, newMachineRequest } from '../../../../renderer/features/new-machine/wizard-request.ts';

const facts: WizardFacts = {
  backend: undefined,
  hostMemoryMb: 2048,
  proposedName: 'Machine 1',
  proposedDirectory: '/vms/Machine 1',
  existing: undefined,
};

describe('the request', () => {
  it('fits the contract and describes a new disk', () => {
    const request = newMachineRequest(completeAnswers(emptyDraft(), facts));
    expect(newMachineSchema.parse(request)).toEqual(request);
    expect(request.disk).toEqual({
      kind: 'new',
      fileName: 'Machine 1.vmdk',
      capacityBytes: 4 * 2 ** 30,
      split: true,
      allocateNow: false,
    });
  });

  it('describes an existing disk by its path alone', () => {
    const request = newMachineRequest(completeAnswers(emptyDraft('/vms/base/mydisk.vmdk'), facts));
    expect(request).toMatchObject({
      disk: { kind: 'existing', path: '/vms/base/mydisk.vmdk' },
      mode: 'undoable',
      redoLogDir: '.',
    });
  });

  it('rounds a capacity to whole sectors', () => {
    expect(capacityBytes(0.001) % 512).toBe(0);
    expect(capacityBytes(2)).toBe(2 ** 31);
  });
});

describe('the planned chain', () => {
  const base = { path: '/vms/base/mydisk.vmdk', isReadOnly: true };

  it('of a persistent new disk is the disk', () => {
    expect(plannedChain(completeAnswers(emptyDraft(), facts), undefined).map((link) => link.path)).toEqual([
      '/vms/Machine 1/Machine 1.vmdk',
    ]);
  });

  it('ends in a redo log in the machine’s folder, with an ending that is not known yet', () => {
    const answers = completeAnswers(emptyDraft(base.path), facts);
    const existing = {
      path: base.path,
      chain: { capacityBytes: 1, links: [base as never] },
      dependents: [],
      usedBy: [],
    };
    expect(plannedChain(answers, existing)).toEqual([
      { ...base, isPlanned: false },
      { path: '/vms/Machine 1/mydisk.vmdk.REDO_…', isReadOnly: false, isPlanned: true },
    ]);
  });

  it('has a plain name beside the disk where the directory is blank', () => {
    const answers = { ...completeAnswers(emptyDraft(base.path), facts), redoLogDir: '' };
    expect(plannedChain(answers, undefined).at(-1)?.path).toBe('/vms/base/mydisk.vmdk.REDO');
  });
});
