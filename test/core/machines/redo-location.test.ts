import { describe, expect, it } from 'vitest';
import { findRedoClash, redoLocation, type RedoClaim } from '../../../core/machines/redo-location.ts';

describe('where a redo log goes', () => {
  it.each([
    ['undoable', '', { hasRandomSuffix: false }],
    ['undoable', '   ', { hasRandomSuffix: false }],
    ['undoable', '.', { directory: '/vms/qa', hasRandomSuffix: true }],
    ['undoable', 'logs', { directory: '/vms/qa/logs', hasRandomSuffix: true }],
    ['undoable', '../logs', { directory: '/vms/logs', hasRandomSuffix: true }],
    ['undoable', '/fast/logs', { directory: '/fast/logs', hasRandomSuffix: true }],
    ['nonpersistent', '', { directory: '/vms/qa', hasRandomSuffix: true }],
    ['nonpersistent', '.', { directory: '/vms/qa', hasRandomSuffix: true }],
    ['nonpersistent', '/fast', { directory: '/fast', hasRandomSuffix: true }],
  ] as const)('%s with "%s"', (mode, redoLogDir, location) => {
    expect(redoLocation({ mode, redoLogDir, configDirectory: '/vms/qa' })).toEqual(location);
  });
});

describe('two machines on one disk', () => {
  const claim = (some: Partial<RedoClaim>): RedoClaim => ({
    machineId: 'b',
    machineName: 'B',
    diskPath: '/base.vmdk',
    mode: 'undoable',
    redoLogDir: '',
    ...some,
  });
  const mine = claim({ machineId: 'a' });

  it.each([
    ['both blank', mine, claim({}), true],
    ['the machine itself', mine, claim({ machineId: 'a' }), false],
    ['the other has a directory', mine, claim({ redoLogDir: '.' }), false],
    ['this one has a directory', claim({ machineId: 'a', redoLogDir: '.' }), claim({}), false],
    ['the other is nonpersistent', mine, claim({ mode: 'nonpersistent' }), false],
    ['this one is persistent', claim({ machineId: 'a', mode: 'persistent' }), claim({}), false],
    ['another disk', mine, claim({ diskPath: '/other.vmdk' }), false],
  ])('%s', (_, one, other, clashes) => {
    expect(findRedoClash(one, [other])?.machineName).toBe(clashes ? 'B' : undefined);
  });
});
