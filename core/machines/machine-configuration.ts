import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import type { z } from 'zod';
import { backendChoiceSchema, machineSettingsSchema } from '../api/machines.ts';
import { readCdrom, type ConfiguredCdrom } from './devices/cdrom.ts';
import { isTrue, readDisks, type ConfiguredDisk } from './devices/disk.ts';
import { readNetwork, type Network } from './devices/network-adapter.ts';
import { readSerialFile } from './devices/serial-port.ts';
import type { VmxDocument } from './vmx/vmx-document.ts';

export type BackendChoice = z.infer<typeof backendChoiceSchema>;
export type WhenPoweringOff = z.infer<typeof machineSettingsSchema>['whenPoweringOff'];
export type WhenChangesWait = z.infer<typeof machineSettingsSchema>['whenChangesWait'];

/** A configuration file, understood. Paths are as written; `absoluteFrom` makes them absolute. */
export interface MachineConfiguration {
  /** Absolute path of the file itself. */
  readonly configPath: string;
  readonly directory: string;
  readonly name: string;
  readonly guestOs: string;
  readonly memoryMb: number;
  readonly network: Network;
  readonly disks: readonly ConfiguredDisk[];
  readonly cdrom?: ConfiguredCdrom;
  readonly serialFile?: string;
  /** Blank: beside the disk. `.`: the configuration file's folder. */
  readonly redoLogDir: string;
  readonly backend?: BackendChoice;
  readonly whenPoweringOff: WhenPoweringOff;
  readonly whenChangesWait: WhenChangesWait;
  readonly isDemo: boolean;
  /** 32 lower-case hexadecimal digits. */
  readonly uuid?: string;
}

const defaultMemoryMb = 32;

/** Reads what this product uses. Odd values take the format's defaults: a foreign file must open. */
export function readConfiguration(document: VmxDocument, configPath: string): MachineConfiguration {
  const memory = Number(document.get('memsize') ?? '');
  const cdrom = readCdrom(document);
  const serialFile = readSerialFile(document);
  const backend = backendChoiceSchema.safeParse(document.get('redoubt.backend')?.toLowerCase());
  const uuid = parseUuid(document.get('uuid.bios'));
  return {
    configPath,
    directory: dirname(configPath),
    name: nameOf(document, configPath),
    guestOs: document.get('guestOS') ?? 'other',
    memoryMb: Number.isFinite(memory) && memory > 0 ? Math.ceil(memory) : defaultMemoryMb,
    network: readNetwork(document),
    disks: readDisks(document),
    ...(cdrom === undefined ? {} : { cdrom }),
    ...(serialFile === undefined ? {} : { serialFile }),
    redoLogDir: (document.get('redoLogDir') ?? document.get('workingDir') ?? '').trim(),
    ...(backend.success ? { backend: backend.data } : {}),
    whenPoweringOff: choice(
      machineSettingsSchema.shape.whenPoweringOff,
      document.get('redoubt.whenPoweringOff'),
      'ask',
    ),
    whenChangesWait: choice(
      machineSettingsSchema.shape.whenChangesWait,
      document.get('redoubt.whenChangesWait'),
      'ask',
    ),
    isDemo: isTrue(document.get('redoubt.demo')),
    ...(uuid === undefined ? {} : { uuid }),
  };
}

/** A path as the configuration file has it, made absolute. */
export function absoluteFrom(directory: string, path: string): string {
  return isAbsolute(path) ? resolve(path) : resolve(directory, path);
}

/** How a path is written: from the configuration file's folder if it lies in it, else absolute. */
export function writtenFrom(directory: string, path: string): string {
  const absolute = absoluteFrom(directory, path);
  const inside = relative(directory, absolute);
  const isInside = inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
  return isInside ? inside : absolute;
}

/** `56 4d 11 …` in groups, or any writing with 32 hexadecimal digits. */
export function parseUuid(text: string | undefined): string | undefined {
  const digits = (text ?? '').replace(/[\s{}-]/g, '').toLowerCase();
  return /^[0-9a-f]{32}$/.test(digits) ? digits : undefined;
}

/** As `uuid.bios` has it: sixteen bytes, a dash in the middle. */
export function formatUuid(uuid: string): string {
  const bytes = uuid.match(/../g) ?? [];
  return `${bytes.slice(0, 8).join(' ')}-${bytes.slice(8).join(' ')}`;
}

function nameOf(document: VmxDocument, configPath: string): string {
  const name = (document.get('displayName') ?? '').trim();
  if (name !== '') return name;
  const file = configPath.slice(configPath.lastIndexOf(sep) + 1);
  return file.replace(/\.(vmx|cfg)$/i, '');
}

function choice<T extends string>(schema: z.ZodType<T>, text: string | undefined, otherwise: T): T {
  const parsed = schema.safeParse(text?.trim().toLowerCase());
  return parsed.success ? parsed.data : otherwise;
}
