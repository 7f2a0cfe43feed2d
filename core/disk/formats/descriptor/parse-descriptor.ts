import { RedoubtError } from '../../../base/redoubt-error.ts';
import { MIB, SECTOR_BYTES } from '../../../base/units.ts';
import {
  extentAccesses,
  extentTypes,
  isDescriptor,
  noParentCid,
  type Descriptor,
  type DescriptorExtent,
} from './descriptor.ts';

/** A disk of 64 TiB in files of 2 GiB has a descriptor of less. */
export const longestDescriptorBytes = 4 * MIB;
export const mostExtents = 32_768;
const longestLine = 4096;
/** So that every offset of the disk is an exact number of bytes. */
const mostSectors = Number.MAX_SAFE_INTEGER / SECTOR_BYTES;

const headerKeys = ['version', 'cid', 'parentcid', 'createtype', 'parentfilenamehint'] as const;
type HeaderKey = (typeof headerKeys)[number];

/**
 * Reads a descriptor. `bytes`: the file, or the room for it inside a sparse extent; the text ends at the first
 * NUL. `isEmbedded`: then it may begin with any comment, as some writers of streams have it. What is not known is left alone: other keys, and the lines of change tracking.
 * Throws disk.not-a-disk (it does not begin as a descriptor), disk.corrupt and disk.unsupported (file, line, value).
 */
export function parseDescriptor(bytes: Uint8Array, file: string, { isEmbedded = false } = {}): Descriptor {
  if (!isEmbedded && !isDescriptor(bytes)) {
    const reason = 'it does not begin as a disk descriptor does';
    throw new RedoubtError('disk.not-a-disk', `${file} is not a virtual disk: ${reason}.`, { file, reason });
  }
  const reader = new DescriptorReader(file);
  if (bytes.length > longestDescriptorBytes)
    throw reader.corrupt('length', String(bytes.length), 'longer than a descriptor can be');
  const end = bytes.indexOf(0);
  decodeText(end < 0 ? bytes : bytes.subarray(0, end))
    .split('\n')
    .forEach((line, index) => {
      reader.take(line, index + 1);
    });
  return reader.finish();
}

/** UTF-8 where it is that, else the code page that Windows in the West had. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** Takes the lines of a descriptor one after the other. */
class DescriptorReader {
  private readonly file: string;
  private readonly header = new Map<HeaderKey, { value: string; line: number }>();
  private readonly database = new Map<string, string>();
  private readonly extents: DescriptorExtent[] = [];
  private totalSectors = 0;
  private line = 0;

  constructor(file: string) {
    this.file = file;
  }

  take(raw: string, line: number): void {
    this.line = line;
    if (raw.length > longestLine) throw this.corrupt('length', `${raw.slice(0, 40)}…`, 'too long for a line');
    const text = raw.trim();
    if (text === '' || text.startsWith('#')) return;
    // A file name may have `=` in it, so extents are looked for first.
    const access = /^(\w+)\s+\d/.exec(text)?.[1]?.toUpperCase();
    if (access !== undefined && (extentAccesses as readonly string[]).includes(access)) {
      this.takeExtent(text);
      return;
    }
    const [, key, rest] = /^([^=\s]+)\s*=\s*(.*)$/.exec(text) ?? [];
    if (key === undefined || rest === undefined) {
      throw this.corrupt('text', text.slice(0, 80), 'neither a comment nor a key with its value nor an extent');
    }
    this.takeValue(key.toLowerCase(), this.unquote(key, rest));
  }

  finish(): Descriptor {
    this.line = 0;
    const version = Number(this.header.get('version')?.value ?? '1');
    if (!Number.isInteger(version) || version < 1) throw this.wrong('version', 'not a number from 1 on');
    if (version > 3) {
      throw new RedoubtError(
        'disk.unsupported',
        `${this.file} has a descriptor of version ${String(version)}, which is not known.`,
        {
          file: this.file,
          feature: `descriptor version ${String(version)}`,
        },
      );
    }
    const createType = this.header.get('createtype')?.value;
    if (createType === undefined || createType === '') throw this.corrupt('createType', '', 'but it must be there');
    const cid = this.readCid('cid');
    if (cid === undefined) throw this.corrupt('CID', '', 'but it must be there');
    const parentCid = this.readCid('parentcid') ?? noParentCid;
    const hint = this.header.get('parentfilenamehint')?.value;
    if (parentCid !== noParentCid && (hint === undefined || hint === ''))
      throw this.corrupt('parentFileNameHint', '', 'but parentCID says that there is a parent');
    if (this.extents.length === 0) throw this.corrupt('extents', '0', 'but a disk has at least one');
    return {
      version,
      cid,
      createType,
      ...(parentCid === noParentCid || hint === undefined ? {} : { parentCid, parentFileNameHint: hint }),
      extents: this.extents,
      database: this.database,
    };
  }

  corrupt(field: string, value: string, reason: string): RedoubtError {
    const { file } = this;
    const where = this.line === 0 ? field : `line ${String(this.line)}, ${field}`;
    return new RedoubtError('disk.corrupt', `${file} is damaged: ${where} is "${value}", ${reason}.`, {
      file,
      field: where,
      value,
      reason,
    });
  }

  private takeValue(key: string, value: string): void {
    if (key.startsWith('ddb.')) {
      this.database.set(key, value);
      return;
    }
    if (!isHeaderKey(key)) return;
    const before = this.header.get(key);
    if (before !== undefined && before.value !== value)
      throw this.corrupt(key, value, 'given before with another value');
    this.header.set(key, { value, line: this.line });
  }

  private takeExtent(text: string): void {
    const match = /^(\w+)\s+(\d+)\s+(\w+)(?:\s+"([^"]*)"(?:\s+(\d+))?)?(\s.*)?$/.exec(text);
    if (match === null) throw this.corrupt('extent', text.slice(0, 80), 'not ACCESS sectors TYPE "file" offset');
    const [, access, count, typeText, fileName, offset] = match;
    const type = extentTypes.find((known) => known === typeText?.toUpperCase());
    if (type === undefined) throw this.corrupt('extent type', typeText ?? '', 'which is not known');
    const sectors = Number(count);
    if (!Number.isSafeInteger(sectors) || sectors === 0)
      throw this.corrupt('sectors', count ?? '', 'not a number of sectors above 0');
    this.totalSectors += sectors;
    if (this.totalSectors > mostSectors) throw this.corrupt('sectors', count ?? '', 'more than a disk can have');
    const offsetSectors = Number(offset ?? '0');
    if (offsetSectors > mostSectors) throw this.corrupt('offset', offset ?? '', 'more than a file can have');
    if (type !== 'ZERO' && (fileName === undefined || fileName === ''))
      throw this.corrupt('extent', text.slice(0, 80), 'without the name of a file');
    // A name that ends early for the host would be another file than the one that was judged.
    if (fileName !== undefined && /\p{Cc}/u.test(fileName))
      throw this.corrupt('file name', fileName, 'which has a control character');
    if (type === 'FLAT' && offset === undefined)
      throw this.corrupt('extent', text.slice(0, 80), 'without the offset that a flat one needs');
    if (this.extents.length === mostExtents)
      throw this.corrupt('extents', String(mostExtents + 1), `more than ${String(mostExtents)}`);
    this.extents.push({
      access: access?.toUpperCase() as DescriptorExtent['access'],
      sectors,
      type,
      ...(type === 'ZERO' || fileName === undefined ? {} : { fileName }),
      offsetSectors: type === 'FLAT' || type === 'VMFS' ? offsetSectors : 0,
      line: this.line,
    });
  }

  private unquote(key: string, text: string): string {
    if (!text.startsWith('"')) return text;
    const end = text.lastIndexOf('"');
    if (end === 0) throw this.corrupt(key, text, 'without the closing quotation mark');
    return text.slice(1, end);
  }

  private readCid(key: 'cid' | 'parentcid'): number | undefined {
    const text = this.header.get(key)?.value;
    if (text === undefined) return undefined;
    if (!/^(0x)?[0-9a-f]{1,8}$/i.test(text)) throw this.wrong(key, 'not up to eight hexadecimal digits');
    return parseInt(text, 16);
  }

  private wrong(key: HeaderKey, reason: string): RedoubtError {
    const { value = '', line = 0 } = this.header.get(key) ?? {};
    this.line = line;
    return this.corrupt(
      { cid: 'CID', parentcid: 'parentCID', version: 'version' }[key as string] ?? key,
      value,
      reason,
    );
  }
}

function isHeaderKey(key: string): key is HeaderKey {
  return (headerKeys as readonly string[]).includes(key);
}
