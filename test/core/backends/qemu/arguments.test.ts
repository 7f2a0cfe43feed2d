import { describe, expect, it } from 'vitest';
import type { BackendConfiguration, BackendDisk } from '../../../../core/backends/backend.ts';
import { qemuArguments, type QemuArgumentsInput } from '../../../../core/backends/qemu/arguments.ts';

const disk = (slot: string): BackendDisk => ({
  slot,
  sizeBytes: 1024 * 1024,
  nbdSocketPath: '/run/m/nbd, 1.sock',
  nbdExportName: slot,
  openPort: () => {
    throw new Error('not here');
  },
});

function argumentsOf(
  configuration: Partial<BackendConfiguration> = {},
  input: Partial<QemuArgumentsInput> = {},
): string[] {
  return qemuArguments({
    configuration: {
      machineId: '1',
      machineName: 'Windows XP, QA',
      memoryMb: 256,
      disks: [disk('ide0:0')],
      network: 'none',
      runtimeDirectory: '/run/m',
      ...configuration,
    },
    accelerator: 'tcg',
    hasSandbox: true,
    qmpSocketPath: '/run/m/qmp.sock',
    rfbSocketPath: '/run/m/rfb.sock',
    ...input,
  });
}

/** The values that follow an option. */
function valuesOf(args: readonly string[], option: string): string[] {
  return args.filter((_, index) => args[index - 1] === option);
}

function devices(args: readonly string[]): Record<string, unknown>[] {
  return valuesOf(args, '-device').map((text) => JSON.parse(text) as Record<string, unknown>);
}

function device(args: readonly string[], driver: string): Record<string, unknown> | undefined {
  return devices(args).find((one) => one['driver'] === driver);
}

describe("QEMU's command line", () => {
  it('a bare machine that waits for cont', () => {
    const args = argumentsOf();
    expect(args).toEqual(expect.arrayContaining(['-no-user-config', '-nodefaults', '-S']));
    expect(valuesOf(args, '-machine')).toEqual(['pc']);
    expect(valuesOf(args, '-m')).toEqual(['256M']);
    expect(valuesOf(args, '-display')).toEqual(['none']);
    expect(valuesOf(args, '-nic')).toEqual(['none']);
  });

  it('commas in names and paths stay what they are', () => {
    const args = argumentsOf({ serialFilePath: '/a,b.log' }, { rfbSocketPath: '/run/m,n/rfb.sock' });
    expect(valuesOf(args, '-name')).toEqual(['guest=Windows XP,, QA']);
    expect(valuesOf(args, '-vnc')).toEqual(['unix:/run/m,,n/rfb.sock,share=force-shared']);
    expect(valuesOf(args, '-chardev')).toContain('file,id=serial0,path=/a,,b.log');
  });

  it('no TCP port: sockets are Unix sockets, and QEMU is the one who connects to the monitor', () => {
    const args = argumentsOf({ network: 'nat', serialFilePath: '/s', cdrom: {} });
    expect(args.join(' ')).not.toMatch(/tcp|host=|port=|hostfwd|server=on|telnet|localhost|127\.|websocket/);
    expect(valuesOf(args, '-mon')).toEqual(['chardev=qmp,mode=control']);
    expect(valuesOf(args, '-chardev')).toContain('socket,id=qmp,path=/run/m/qmp.sock');
  });

  it.each([
    ['ide0:0', { driver: 'ide-hd', bus: 'ide.0', unit: 0 }],
    ['ide0:1', { driver: 'ide-hd', bus: 'ide.0', unit: 1 }],
    ['ide1:0', { driver: 'ide-hd', bus: 'ide.1', unit: 0 }],
    ['ide1:1', { driver: 'ide-hd', bus: 'ide.1', unit: 1 }],
    ['scsi0:0', { driver: 'scsi-hd', bus: 'scsi0.0', 'scsi-id': 0 }],
    ['scsi0:15', { driver: 'scsi-hd', bus: 'scsi0.0', 'scsi-id': 15 }],
  ])('a disk at %s', (slot, address) => {
    const args = argumentsOf({ disks: [disk(slot)] });
    expect(device(args, address.driver)).toMatchObject({
      ...address,
      werror: 'enospc',
      rerror: 'report',
      bootindex: 1,
    });
    expect(JSON.parse(valuesOf(args, '-blockdev')[0] ?? '')).toMatchObject({
      driver: 'nbd',
      server: { type: 'unix', path: '/run/m/nbd, 1.sock' },
      export: slot,
    });
    expect(device(args, 'lsi53c895a') !== undefined).toBe(slot.startsWith('scsi'));
  });

  it.each(['ide2:0', 'ide0:2', 'scsi0:7', 'scsi0:16', 'scsi1:0', 'scsi0:x', ''])('there is no slot %s', (slot) => {
    expect(() => argumentsOf({ disks: [disk(slot)] })).toThrow(
      expect.objectContaining({ code: 'backend.unsupported' }),
    );
  });

  it('the SCSI adapter comes before its disks', () => {
    const drivers = devices(argumentsOf({ disks: [disk('scsi0:0'), disk('scsi0:1')] })).map((one) => one['driver']);
    expect(drivers.filter((driver) => driver === 'lsi53c895a')).toHaveLength(1);
    expect(drivers.indexOf('lsi53c895a')).toBeLessThan(drivers.indexOf('scsi-hd'));
  });

  it('boots disks in their order, then the CD', () => {
    const args = argumentsOf({ disks: [disk('ide0:0'), disk('scsi0:0')], cdrom: { isoPath: '/iso/a,b.iso' } });
    expect(device(args, 'ide-hd')?.['bootindex']).toBe(1);
    expect(device(args, 'scsi-hd')?.['bootindex']).toBe(2);
    expect(device(args, 'ide-cd')).toMatchObject({ bus: 'ide.1', unit: 0, drive: 'cdrom-image', bootindex: 3 });
    const image = valuesOf(args, '-blockdev').map((text) => JSON.parse(text) as Record<string, unknown>)[2];
    expect(image).toMatchObject({ 'read-only': true, file: { filename: '/iso/a,b.iso' } });
  });

  it('an empty CD drive has no image', () => {
    const cdrom = device(argumentsOf({ cdrom: {} }), 'ide-cd');
    expect(cdrom).toBeDefined();
    expect(cdrom).not.toHaveProperty('drive');
  });

  it('one network card on the host’s network, or none', () => {
    expect(valuesOf(argumentsOf({ network: 'nat' }), '-netdev')).toEqual(['user,id=net0']);
    expect(device(argumentsOf({ network: 'nat' }), 'e1000')).toMatchObject({ netdev: 'net0' });
    expect(argumentsOf({ network: 'none' })).not.toContain('-netdev');
  });

  it('the system-call filter only where QEMU has it', () => {
    expect(valuesOf(argumentsOf(), '-sandbox')).toHaveLength(1);
    expect(valuesOf(argumentsOf({}, { hasSandbox: false }), '-sandbox')).toEqual([]);
  });

  it.each([
    ['tcg', 'max,la57=off'],
    ['kvm', 'host'],
    ['hvf', 'host'],
    ['whpx', 'qemu64'],
  ] as const)('with %s the processor is %s', (accelerator, cpu) => {
    const args = argumentsOf({}, { accelerator });
    expect(valuesOf(args, '-accel')).toEqual([accelerator]);
    expect(valuesOf(args, '-cpu')).toEqual([cpu]);
  });
});
