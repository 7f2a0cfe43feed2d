import { expect, it } from 'vitest';
import { runningNames } from '../../../../renderer/features/dialogs/use-running-names.ts';

const off = { id: 'a', name: 'Web', power: 'off' } as const;
const on = { id: 'b', name: 'Web', power: 'running' } as const;

it('tells machines of one name apart', () => {
  const dependent = { path: '/disks/web.vmdk.REDO', machineName: 'Web' };
  expect(runningNames([{ ...dependent, machineId: 'b' }], [off, on])).toEqual(['Web']);
  expect(runningNames([{ ...dependent, machineId: 'a' }], [on, off])).toEqual([]);
});

it('believes what was told of a machine that is not known here', () => {
  const dependent = { path: '/disks/web.vmdk.REDO', machineId: 'c', machineName: 'Mail', isRunning: true };
  expect(runningNames([dependent], [off, on])).toEqual(['Mail']);
});
