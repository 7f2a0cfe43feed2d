import { HostFile } from './host-file.ts';

/** A line that names a part of the disk. */
export interface ExtentLine {
  readonly access: string;
  readonly sectors: number;
  readonly type: string;
  readonly file?: string;
  readonly offsetSectors?: number;
}

export interface Descriptor {
  /** Keys in lower case. */
  readonly values: ReadonlyMap<string, string>;
  readonly extents: readonly ExtentLine[];
}

/** The whole of a text descriptor. Some programs begin one inside a sparse file with a comment of their own. */
export function parseDescriptor(text: string, isEmbedded = false): Descriptor {
  const end = text.indexOf('\0');
  const lines = (end < 0 ? text : text.slice(0, end)).split(/\r?\n/);
  if (!isEmbedded && lines[0]?.trim() !== '# Disk DescriptorFile') throw new Error('no descriptor');
  const values = new Map<string, string>();
  const extents: ExtentLine[] = [];
  for (const line of lines.map((one) => one.trim()).filter((one) => one !== '' && !one.startsWith('#'))) {
    const extent = /^(RW|RDONLY|NOACCESS)\s+(\d+)\s+([A-Z]+)(?:\s+"([^"]*)"(?:\s+(\d+))?)?$/i.exec(line);
    const value = /^([^=\s]+)\s*=\s*(?:"([^"]*)"|(.*))$/.exec(line);
    if (extent !== null) {
      const [, access = '', sectors = '', type = '', file, offset] = extent;
      extents.push({
        access: access.toUpperCase(),
        sectors: Number(sectors),
        type: type.toUpperCase(),
        ...(file === undefined ? {} : { file }),
        ...(offset === undefined ? {} : { offsetSectors: Number(offset) }),
      });
    } else if (value !== null) values.set((value[1] ?? '').toLowerCase(), value[2] ?? value[3] ?? '');
    else throw new Error(`a line that means nothing: ${line}`);
  }
  return { values, extents };
}

export interface DescriptorFields {
  readonly createType: string;
  readonly cid: string;
  readonly parentCid?: string;
  readonly parentFileNameHint?: string;
  readonly extents: readonly string[];
  readonly adapterType?: string;
  readonly lineEnd?: '\n' | '\r\n';
}

export function formatDescriptor(fields: DescriptorFields): string {
  const lines = [
    '# Disk DescriptorFile',
    'version=1',
    `CID=${fields.cid}`,
    `parentCID=${fields.parentCid ?? 'ffffffff'}`,
    `createType="${fields.createType}"`,
    ...(fields.parentFileNameHint === undefined ? [] : [`parentFileNameHint="${fields.parentFileNameHint}"`]),
    '',
    '# Extent description',
    ...fields.extents,
    '',
    '# The Disk Data Base',
    '#DDB',
    '',
    'ddb.virtualHWVersion = "4"',
    `ddb.adapterType = "${fields.adapterType ?? 'ide'}"`,
    '',
  ];
  return lines.join(fields.lineEnd ?? '\n');
}

/** The text of a file that begins as descriptors do; undefined for everything else. */
export function readDescriptorFile(path: string): string | undefined {
  const file = new HostFile(path);
  try {
    const text = file.readPadded(0, Math.min(file.sizeBytes, 1_048_576)).toString('latin1');
    return text.startsWith('# Disk DescriptorFile') ? Buffer.from(text, 'latin1').toString('utf8') : undefined;
  } finally {
    file.close();
  }
}
