import { describe, expect, it } from 'vitest';
import { formatUuid, parseUuid, readConfiguration, writtenFrom } from '../../../core/machines/machine-configuration.ts';
import { VmxDocument } from '../../../core/machines/vmx/vmx-document.ts';

const read = (text: string) => readConfiguration(VmxDocument.parse(Buffer.from(text)), '/vms/old/old.cfg');

describe('a configuration', () => {
  it('takes the defaults of the format', () => {
    expect(read('')).toEqual({
      configPath: '/vms/old/old.cfg',
      directory: '/vms/old',
      name: 'old',
      guestOs: 'other',
      memoryMb: 32,
      network: 'none',
      disks: [],
      redoLogDir: '',
      whenPoweringOff: 'ask',
      whenChangesWait: 'ask',
      isDemo: false,
    });
  });

  it('reads a machine of the era', () => {
    const configuration = read(`
displayName = "Old"
guestOS = "win98"
memsize = "64"
ide0:0.present = "TRUE"
ide0:0.fileName = "mydisk.vmdk"
ide0:0.mode = "undoable"
ide0:0.redo = "./mydisk.vmdk.REDO_a01168"
ide1:0.present = TRUE
ide1:0.deviceType = atapi-cdrom
ide1:1.present = "FALSE"
ide1:1.fileName = "no.vmdk"
scsi0:3.present = "TRUE"
scsi0:3.fileName = "/bases/data.vmdk"
scsi0:3.mode = "independent-nonpersistent"
ethernet0.present = "TRUE"
ethernet0.connectionType = "NAT"
workingDir = "."
uuid.bios = "56 4d 11 22 33 44 55 66-77 88 99 aa bb cc dd ee"
`);
    expect(configuration).toMatchObject({
      name: 'Old',
      guestOs: 'win98',
      memoryMb: 64,
      network: 'nat',
      redoLogDir: '.',
      cdrom: { slot: 'ide1:0' },
      uuid: '564d112233445566778899aabbccddee',
    });
    expect(configuration.disks).toEqual([
      {
        slot: 'ide0:0',
        fileName: 'mydisk.vmdk',
        mode: 'undoable',
        redo: './mydisk.vmdk.REDO_a01168',
        isRedoDisposable: false,
        redoSessions: 0,
      },
      {
        slot: 'scsi0:3',
        fileName: '/bases/data.vmdk',
        mode: 'nonpersistent',
        isRedoDisposable: false,
        redoSessions: 0,
      },
    ]);
  });

  it('writes a UUID as it reads it', () => {
    const uuid = '564d112233445566778899aabbccddee';
    expect(parseUuid(formatUuid(uuid))).toBe(uuid);
    expect(parseUuid('564D1122-3344-5566-7788-99AABBCCDDEE')).toBe(uuid);
    expect(parseUuid('56 4d')).toBeUndefined();
  });

  it.each([
    ['disk.vmdk', 'disk.vmdk'],
    ['/vms/old/disk.vmdk', 'disk.vmdk'],
    ['/vms/old/sub/disk.vmdk', 'sub/disk.vmdk'],
    ['/vms/old/..disk.vmdk', '..disk.vmdk'],
    ['/vms/older/disk.vmdk', '/vms/older/disk.vmdk'],
    ['../base/disk.vmdk', '/vms/base/disk.vmdk'],
  ])('writes the path %s as %s', (path, written) => {
    expect(writtenFrom('/vms/old', path)).toBe(written);
  });
});
