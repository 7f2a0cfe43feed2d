import type { NewMachine } from '../../../core/api/machines.ts';
import type { WizardAnswers } from './wizard-answers.ts';

/** 2^30: sizes are binary units written GB, as they always were in this kind of product. */
const bytesPerGb = 2 ** 30;
const bytesPerSector = 512;

/** Capacity in bytes, whole sectors. */
export function capacityBytes(capacityGb: number): number {
  return Math.round((capacityGb * bytesPerGb) / bytesPerSector) * bytesPerSector;
}

/** The call that creates what the answers describe. */
export function newMachineRequest(answers: WizardAnswers): NewMachine {
  return {
    name: answers.name,
    directory: answers.directory,
    guestOs: answers.guestId,
    ...(answers.isoPath === undefined ? {} : { isoPath: answers.isoPath }),
    memoryMb: answers.memoryMb,
    network: answers.network,
    bus: answers.bus,
    disk:
      answers.disk === 'existing'
        ? { kind: 'existing', path: answers.existingPath }
        : {
            kind: 'new',
            fileName: answers.diskFileName,
            capacityBytes: capacityBytes(answers.capacityGb),
            split: answers.isSplit,
            allocateNow: answers.allocatesNow,
          },
    mode: answers.mode,
    redoLogDir: answers.redoLogDir,
  };
}
