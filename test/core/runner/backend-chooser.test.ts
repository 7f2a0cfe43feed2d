import { describe, expect, it } from 'vitest';
import type { Backend, BackendAvailability, BackendName } from '../../../core/backends/backend.ts';
import { createFakeBackend } from '../../../core/backends/fake/fake-backend.ts';
import { BackendChooser } from '../../../core/runner/backend-chooser.ts';

const there: BackendAvailability = { isAvailable: true, version: '1' };
const absent: BackendAvailability = { isAvailable: false, code: 'backend.not-found', reason: 'It is not installed.' };
const unarmed: BackendAvailability = {
  isAvailable: false,
  code: 'backend.firmware-missing',
  reason: 'No BIOS was found.',
  files: ['bios.bin'],
  searched: ['/nowhere'],
};

function backend(name: BackendName, availability: BackendAvailability): Backend {
  return { ...createFakeBackend(), name, availability: () => Promise.resolve(availability) };
}

describe('the choice of a backend', () => {
  it('takes the first that is there, and what was asked for where something was', async () => {
    const chooser = new BackendChooser([backend('qemu', there), backend('v86', there), backend('fake', there)]);
    expect((await chooser.choose(undefined)).name).toBe('qemu');
    expect((await chooser.choose('v86')).name).toBe('v86');
    expect((await chooser.choose('fake')).name).toBe('fake');
  });

  it('never takes the fake one by itself, nor another than was asked for', async () => {
    const chooser = new BackendChooser([backend('qemu', absent), backend('v86', there), backend('fake', there)]);
    expect((await chooser.choose(undefined)).name).toBe('v86');
    await expect(chooser.choose('qemu')).rejects.toMatchObject({
      code: 'backend.not-found',
      details: { backend: 'qemu', searched: ['qemu: It is not installed.'] },
    });
  });

  it('names the files where only firmware is missing', async () => {
    const chooser = new BackendChooser([backend('qemu', absent), backend('v86', unarmed)]);
    await expect(chooser.choose(undefined)).rejects.toMatchObject({
      code: 'backend.firmware-missing',
      details: { files: ['bios.bin'], searched: ['/nowhere'] },
    });
  });
});
