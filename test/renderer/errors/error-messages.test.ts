import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../../core/api/errors.ts';
import { errorDetailsText, errorPath } from '../../../renderer/errors/error-details-text.ts';
import { errorMessage } from '../../../renderer/errors/error-messages.ts';
import { RedoubtError, fromWire } from '../../../renderer/errors/redoubt-error.ts';

/** Details that no code's words can miss: they are read by name. */
const details = {
  file: '/vms/base/win2k.vmdk',
  folder: '/vms',
  directory: '/vms/redo',
  parent: '/vms/base/win2k.vmdk',
  child: '/vms/a.vmdk.REDO',
  first: '/vms/base/win2k.vmdk',
  part: 2,
  expected: '/vms/base/win2k-02.vmdk',
  tried: ['/a', '/b'],
  found: 1,
  total: 3,
  path: ['/a', '/b'],
  issues: ['name: empty'],
  argument: '--size',
  reason: 'missing',
  value: 'x',
  name: 'qa',
  machine: 'qa',
  feature: 'TRIM',
  id: 'x',
  memoryMb: 99999,
  maximumMb: 4096,
  line: 3,
  state: 'running',
  wanted: 'off',
  doing: 'a commit',
  slot: 'ide0:0',
  disk: '/vms/a.vmdk',
  redo: '/vms/a.vmdk.REDO',
  log: '/vms/a.vmdk.REDO',
  allocatedBytes: 1024,
  what: 'mode',
  disks: [],
  backend: 'qemu',
  searched: ['/usr/bin'],
  files: ['bios.bin'],
  status: '1',
  output: 'boom',
  operation: 'write',
  errno: 'EIO',
  request: 'quit',
  needBytes: 1,
  freeBytes: 2,
  field: 'magic',
  dependents: [{ path: '/vms/b.REDO', machineName: 'b' }],
  capacityBytes: 1,
  parentCapacityBytes: 2,
  detail: 'x',
  parts: 2,
};

describe('the words of errors', () => {
  it.each(errorCodes)('%s has a title and a text without holes', (code) => {
    // A loop lists its files under the name by which an untrusted path is one.
    const fitting = code === 'disk.untrusted' ? { ...details, path: '/vms/other.vmdk' } : details;
    const message = errorMessage(new RedoubtError(code, 'm', fitting));
    for (const text of [message.title, message.text]) {
      expect(text.length).toBeGreaterThan(3);
      expect(text).not.toMatch(/undefined|\{|\}|NaN|object Object/);
    }
  });

  it('name the machine that holds a lock, and offer to switch to it', () => {
    const holder = { pid: 1, host: 'h', purpose: 'run', machineName: 'qa', isStale: false };
    const message = errorMessage(new RedoubtError('disk.locked', 'm', { file: '/a/b.vmdk', holder }));
    expect(message.title).toBe('b.vmdk is in use');
    expect(message.text).toBe('"qa" has it open for writing.');
    expect(message.steps).toEqual([{ kind: 'switch-to-machine', name: 'qa' }, { kind: 'retry' }]);
  });

  it('name the holder of a lock that a crash left, and offer to remove it', () => {
    const holder = { pid: 7, host: 'attic', purpose: 'running', isStale: true, seenAt: 1_000_000 };
    const message = errorMessage(new RedoubtError('disk.locked', 'm', { file: '/a/b.vmdk', token: 'abc', holder }));
    expect(message.text).toMatch(/^A lock was left by a crash at .*1970.*: process 7 on attic \(running\)\.$/);
    expect(message.steps).toEqual([{ kind: 'retry' }, { kind: 'break-lock', file: '/a/b.vmdk', token: 'abc' }]);
  });

  it('offer to allow a file that is named from elsewhere', () => {
    const details = { file: '/a/b.vmx', path: '/bases/c.vmdk', reason: 'r' };
    const { steps } = errorMessage(new RedoubtError('disk.untrusted', 'm', details));
    expect(steps[0]).toEqual({ kind: 'approve', path: '/bases/c.vmdk' });
  });

  it('name the format of another program, and the command that makes a disk of it', () => {
    const details = { file: '/vms/deb.12.qcow2', feature: 'the format qcow2', format: 'qcow2' };
    const message = errorMessage(new RedoubtError('disk.unsupported', 'm', details));
    expect(message.title).toBe('deb.12.qcow2 is a QCOW2 disk');
    expect(message.text).toContain('redoubt disk convert deb.12.qcow2 deb.12.vmdk');
  });

  it('offer the first file in place of a segment', () => {
    const message = errorMessage(
      new RedoubtError('disk.segment-picked', 'm', { file: '/a/d-02.vmdk', part: 2, first: '/a/d.vmdk' }),
    );
    expect(message).toEqual({
      title: 'That is part 2 of d.vmdk',
      text: 'A disk is opened through its first file.',
      steps: [{ kind: 'use-file', path: '/a/d.vmdk' }],
    });
  });

  it('never offer to make a shared base writable', () => {
    const dependents = [{ path: '/vms/b.REDO' }];
    const message = errorMessage(new RedoubtError('disk.read-only', 'm', { file: '/a/d.vmdk', dependents }));
    expect(message.steps.map((step) => step.kind)).toEqual(['switch-to-undoable']);
  });
});

describe('an error from the wire', () => {
  it('keeps its code when the details fit, else is internal', () => {
    expect(fromWire({ code: 'disk.exists', message: 'm', details: { file: '/a' } }).code).toBe('disk.exists');
    expect(fromWire({ code: 'disk.exists', message: 'm', details: {} }).code).toBe('internal');
    expect(fromWire({ code: 'disk.of-another-version', message: 'm', details: {} }).code).toBe('internal');
  });

  it('is copied with code, path and details', () => {
    const error = new RedoubtError('disk.exists', 'm', { file: '/a/b.vmdk' });
    expect(errorPath(error)).toBe('/a/b.vmdk');
    expect(errorDetailsText(error, new Date(0))).toContain('Code: disk.exists\nTime: 1970-01-01T00:00:00.000Z');
  });
});
