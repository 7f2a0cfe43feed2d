import { describe, expect, it } from 'vitest';
import type { MachineSettings } from '../../../../core/api/machines.ts';
import {
  addDisk,
  adoptsWaiting,
  changeDisk,
  diskPath,
  freeSlot,
  isSame,
  removeDisk,
  settingsProblems,
  slotName,
} from '../../../../renderer/features/settings/settings-draft.ts';
import { makeDisk, makeMachine } from '../../support/scenes.ts';

const settings: MachineSettings = {
  name: 'qa',
  guestOs: 'other',
  memoryMb: 64,
  network: 'none',
  redoLogDir: '',
  whenPoweringOff: 'ask',
  whenChangesWait: 'ask',
  disks: [{ slot: 'ide0:0', fileName: 'mydisk.vmdk', mode: 'undoable' }],
};
const redo = { path: '/vms/qa/mydisk.vmdk.REDO', allocatedBytes: 0, changedAt: 0, isUnclean: false };
const machine = makeMachine({
  name: 'qa',
  directory: '/vms/qa',
  disks: [makeDisk({ fileName: 'mydisk.vmdk', path: '/vms/qa/mydisk.vmdk', redo })],
});
const disk = settings.disks[0]!;

describe('the editor’s draft', () => {
  it('changes one disk and leaves the others alone', () => {
    const two = addDisk(settings, '/vms/b.vmdk');
    expect(changeDisk(two, 'ide0:1', { mode: 'nonpersistent' }).disks).toEqual([
      disk,
      { slot: 'ide0:1', fileName: '/vms/b.vmdk', mode: 'nonpersistent' },
    ]);
  });

  it('fills the IDE places but the CD drive’s, and then has none', () => {
    const three = addDisk(addDisk(settings, '/b'), '/c');
    expect(three.disks.map((one) => one.slot)).toEqual(['ide0:0', 'ide0:1', 'ide1:1']);
    expect(freeSlot(three)).toBeUndefined();
    expect(addDisk(three, '/d')).toBe(three);
    expect(freeSlot(removeDisk(three, 'ide0:1'))).toBe('ide0:1');
  });

  it('knows where a disk lies: as the core said, or below the machine’s folder', () => {
    expect(diskPath(disk, machine)).toBe('/vms/qa/mydisk.vmdk');
    expect(diskPath({ ...disk, fileName: 'other.vmdk' }, machine)).toBe('/vms/qa/other.vmdk');
    expect(diskPath({ ...disk, fileName: '/x/other.vmdk' }, machine)).toBe('/x/other.vmdk');
  });

  it('sees when the machine’s own waiting log is chosen as its disk', () => {
    expect(adoptsWaiting(disk, machine)).toBe(false);
    expect(adoptsWaiting({ ...disk, fileName: redo.path }, machine)).toBe(true);
    expect(adoptsWaiting({ ...disk, fileName: 'mydisk.vmdk.REDO' }, machine)).toBe(true);
    expect(adoptsWaiting({ ...disk, fileName: '/vms/else.REDO' }, machine)).toBe(false);
  });

  it('is the same when only nothing was added', () => {
    expect(isSame(settings, { ...settings, isoPath: '' })).toBe(true);
    expect(isSame(settings, { ...settings, memoryMb: 65 })).toBe(false);
    expect(isSame(settings, changeDisk(settings, 'ide0:0', { mode: 'persistent' }))).toBe(false);
  });

  it('says what keeps it from being saved, and where', () => {
    const broken = changeDisk({ ...settings, name: ' ', memoryMb: 9999 }, 'ide0:0', { fileName: '' });
    expect(settingsProblems(broken, 1024).map((problem) => problem.place)).toEqual([
      'memory',
      'disk:ide0:0',
      'options',
    ]);
    expect(settingsProblems(settings, 1024)).toEqual([]);
  });

  it('names slots as people do', () => {
    expect(slotName('ide0:1')).toBe('IDE 0:1');
    expect(slotName('scsi0:10')).toBe('SCSI 0:10');
  });
});
