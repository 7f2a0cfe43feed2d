import { RedoubtError } from '../../base/redoubt-error.ts';
import type { BackendConfiguration, BackendDisk } from '../backend.ts';

/** The best first. `tcg` is QEMU's own translator: it runs everywhere. */
export type Accelerator = 'kvm' | 'hvf' | 'whpx' | 'tcg';

export interface QemuArgumentsInput {
  readonly configuration: BackendConfiguration;
  readonly accelerator: Accelerator;
  /** Whether this QEMU was built with the system-call filter. */
  readonly hasSandbox: boolean;
  /** A socket that already listens: QEMU connects to it, so that a QEMU whose runner has died ends by itself. */
  readonly qmpSocketPath: string;
  /** QEMU makes this socket. */
  readonly rfbSocketPath: string;
}

/**
 * The command line of one machine: a PC with nothing on it but what the configuration names. The guest
 * does not run until `cont`, nothing listens on TCP, and no file of the user's changes what QEMU does.
 * Pure. Throws backend.unsupported for a disk slot that the machine has not.
 */
export function qemuArguments(input: QemuArgumentsInput): string[] {
  const { configuration } = input;
  return [
    ...['-name', `guest=${escapeValue(configuration.machineName)}`],
    ...bareMachine(input),
    ...['-m', `${String(configuration.memoryMb)}M`],
    ...control(input),
    ...screen(input.rfbSocketPath),
    ...scsiController(configuration.disks),
    ...configuration.disks.flatMap((disk, index) => diskArguments(disk, index + 1)),
    ...cdromArguments(configuration),
    ...serialArguments(configuration.serialFilePath),
    ...networkArguments(configuration.network),
  ].flatMap((argument) => (typeof argument === 'string' ? [argument] : ['-device', JSON.stringify(argument)]));
}

/** The part of the command line that the accelerator's probe must share, to prove what will be used. */
export function processorArguments(accelerator: Accelerator, hasSandbox: boolean): string[] {
  return [
    ...['-accel', accelerator],
    // Guests of today want more than QEMU's default processor has; 57-bit paging only costs time in TCG.
    ...['-cpu', accelerator === 'tcg' ? 'max,la57=off' : accelerator === 'whpx' ? 'qemu64' : 'host'],
    ...(hasSandbox ? ['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'] : []),
  ];
}

/** The node name of a disk in QEMU's block layer, by which it is found again. */
export function diskNodeName(slot: string): string {
  return `disk-${slot.replace(':', '-')}`;
}

type Device = { readonly driver: string } & Readonly<Record<string, string | number | boolean>>;
type Argument = string | Device;

function bareMachine({ accelerator, hasSandbox }: QemuArgumentsInput): Argument[] {
  return [
    '-no-user-config',
    '-nodefaults',
    ...['-machine', 'pc'],
    ...processorArguments(accelerator, hasSandbox),
    '-S',
  ];
}

function control({ qmpSocketPath }: QemuArgumentsInput): Argument[] {
  return [
    ...['-chardev', `socket,id=qmp,path=${escapeValue(qmpSocketPath)}`],
    ...['-mon', 'chardev=qmp,mode=control'],
    // Only what a device below names may be booted from.
    ...['-boot', 'strict=on'],
  ];
}

function screen(rfbSocketPath: string): Argument[] {
  return [
    ...['-display', 'none'],
    ...['-vnc', `unix:${escapeValue(rfbSocketPath)},share=force-shared`],
    { driver: 'VGA', id: 'screen' },
    // An absolute pointer, for guests that know USB; the others go on using the PS/2 mouse.
    { driver: 'piix3-usb-uhci', id: 'usb' },
    { driver: 'usb-tablet', id: 'pointer', bus: 'usb.0' },
  ];
}

function scsiController(disks: readonly BackendDisk[]): Argument[] {
  if (!disks.some((disk) => disk.slot.startsWith('scsi'))) return [];
  return [{ driver: 'lsi53c895a', id: 'scsi0' }];
}

function diskArguments(disk: BackendDisk, bootIndex: number): Argument[] {
  const node = diskNodeName(disk.slot);
  const device = {
    id: disk.slot.replace(':', '-'),
    drive: node,
    bootindex: bootIndex,
    // A full host pauses the guest, which can go on when there is room; any other error is the guest's to see.
    werror: 'enospc',
    rerror: 'report',
  };
  return [
    '-blockdev',
    JSON.stringify({
      driver: 'nbd',
      'node-name': node,
      server: { type: 'unix', path: disk.nbdSocketPath },
      export: disk.nbdExportName,
      discard: 'unmap',
    }),
    { ...slotAddress(disk.slot), ...device },
  ];
}

/** Where a slot of ours is in QEMU's machine. */
function slotAddress(slot: string): Device {
  const ide = /^ide([01]):([01])$/.exec(slot);
  if (ide) return { driver: 'ide-hd', bus: `ide.${String(ide[1])}`, unit: Number(ide[2]) };
  const scsi = /^scsi0:(\d{1,2})$/.exec(slot);
  const scsiId = Number(scsi?.[1] ?? NaN);
  // 16 addresses, of which the controller has 7 itself.
  if (scsiId < 16 && scsiId !== 7) return { driver: 'scsi-hd', bus: 'scsi0.0', 'scsi-id': scsiId };
  throw new RedoubtError('backend.unsupported', `QEMU has no disk slot ${slot}.`, {
    backend: 'qemu',
    feature: slot,
    reason: 'Disks can be at ide0:0 to ide1:1, and at scsi0:0 to scsi0:15 except scsi0:7.',
  });
}

function cdromArguments({ cdrom, disks }: BackendConfiguration): Argument[] {
  if (cdrom === undefined) return [];
  const drive = { driver: 'ide-cd', id: 'cdrom', bus: 'ide.1', unit: 0, bootindex: disks.length + 1 };
  if (cdrom.isoPath === undefined) return [drive];
  const image = { driver: 'file', filename: cdrom.isoPath };
  return [
    ...['-blockdev', JSON.stringify({ driver: 'raw', 'node-name': 'cdrom-image', 'read-only': true, file: image })],
    { ...drive, drive: 'cdrom-image' },
  ];
}

function serialArguments(path: string | undefined): Argument[] {
  if (path === undefined) return [];
  return [
    ...['-chardev', `file,id=serial0,path=${escapeValue(path)}`],
    { driver: 'isa-serial', id: 'serial', chardev: 'serial0' },
  ];
}

function networkArguments(network: BackendConfiguration['network']): Argument[] {
  if (network === 'none') return ['-nic', 'none'];
  return [
    ...['-netdev', 'user,id=net0'],
    // No boot ROM: the network is not a boot device here, and without it the firmware is faster.
    { driver: 'e1000', id: 'network', netdev: 'net0', romfile: '' },
  ];
}

/** In `key=value,…` options a comma is written twice. */
function escapeValue(text: string): string {
  return text.replaceAll(',', ',,');
}
