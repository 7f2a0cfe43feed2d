import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CowdExtent, entriesOfLink, readCowdHeader } from './cowd-extent.ts';
import { cowdFlag, cowdMagic, parseLinkLine, sectorBytes, segmentName, type CowdHeader } from './cowd-layout.ts';
import { parseDescriptor, readDescriptorFile, type ExtentLine } from './descriptor.ts';
import { FlatExtent, ZeroExtent, type Extent } from './extent.ts';
import { HostFile } from './host-file.ts';
import { joined, type Range } from './picture.ts';
import { embeddedDescriptor, Vmdk4Extent } from './vmdk4-extent.ts';
import { vmdk4Magic } from './vmdk4-layout.ts';

/** What a child remembers of its parent, and what a parent says of itself. */
interface Identity {
  readonly generation: number;
  readonly content?: string | undefined;
}

/** A link of a chain with all that lies below it. */
export class DiskLink {
  constructor(
    readonly path: string,
    readonly extents: readonly Extent[],
    readonly identity: Identity,
    readonly below: DiskLink | undefined,
  ) {
    if (below !== undefined && below.sizeBytes !== this.sizeBytes) {
      throw new Error(`${path} has ${String(this.sizeBytes)} bytes, its parent ${String(below.sizeBytes)}`);
    }
  }

  get sizeBytes(): number {
    return this.extents.reduce((sum, extent) => sum + extent.sizeBytes, 0);
  }

  /** Any range of the disk: what this link has, else what lies below, else zeros. */
  read(offsetBytes: number, lengthBytes: number): Buffer {
    const bytes = Buffer.alloc(lengthBytes);
    for (let done = 0; done < lengthBytes;) {
      const { extent, start } = this.extentAt(offsetBytes + done);
      const at = offsetBytes + done - start;
      const grain = extent.grainAt(at);
      const length = Math.min(grain.endBytes - at, lengthBytes - done);
      const from = grain.bytes?.subarray(at - grain.startBytes, at - grain.startBytes + length);
      bytes.set(from ?? this.below?.read(offsetBytes + done, length) ?? Buffer.alloc(0), done);
      done += length;
    }
    return bytes;
  }

  /** Where this link or one below holds anything: everywhere else the disk reads zeros. */
  held(): Range[] {
    let start = 0;
    const own: Range[] = [];
    for (const extent of this.extents) {
      for (const { startBytes, endBytes } of extent.held()) {
        own.push({ startBytes: start + startBytes, endBytes: start + endBytes });
      }
      start += extent.sizeBytes;
    }
    return joined([...own, ...(this.below?.held() ?? [])]);
  }

  close(): void {
    for (const extent of this.extents) extent.close();
    this.below?.close();
  }

  private extentAt(offsetBytes: number): { extent: Extent; start: number } {
    let start = 0;
    for (const extent of this.extents) {
      if (offsetBytes < start + extent.sizeBytes) return { extent, start };
      start += extent.sizeBytes;
    }
    throw new Error(`${this.path} ends before ${String(offsetBytes)}`);
  }
}

/** Opens a disk by its first file, with all it hangs from, whatever formats they have. The caller closes it. */
export function openDisk(path: string): DiskLink {
  const magic = firstNumber(path);
  if (magic === cowdMagic) return openCowdFiles(path);
  if (magic === vmdk4Magic) return openDescribed(path, embeddedDescriptor(path) ?? '');
  const text = readDescriptorFile(path);
  if (text !== undefined) return openDescribed(path, text);
  const sizeBytes = sizeOf(path);
  return new DiskLink(
    path,
    [new FlatExtent(path, 0, sizeBytes)],
    sidecarIdentity(path) ?? { generation: 0 },
    undefined,
  );
}

function firstNumber(path: string): number {
  const file = new HostFile(path);
  const magic = file.readPadded(0, 4).readUInt32LE(0);
  file.close();
  return magic;
}

function sizeOf(path: string): number {
  const file = new HostFile(path);
  file.close();
  return file.sizeBytes;
}

/** A COWD link that is named by its first file: the others are found by their names. */
function openCowdFiles(path: string): DiskLink {
  const first = readCowdHeader(path);
  const count = first.version === 3 ? Math.max(1, first.filesPerDisk) : 1;
  if (count > 4096) throw new Error(`${path} says that there are ${String(count)} files`);
  const files = Array.from({ length: count }, (_, ordinal) => segmentName(path, ordinal));
  return openCowd(path, files);
}

function openCowd(path: string, files: readonly string[]): DiskLink {
  const headers = files.map(readCowdHeader);
  headers.forEach((header, ordinal) => {
    if (header.version === 3 && header.fileOrdinal !== ordinal)
      throw new Error(`${files[ordinal] ?? ''} is out of order`);
  });
  const [first] = headers;
  if (first === undefined) throw new Error(`${path} has no files`);
  const below = (first.flags & cowdFlag.root) === 0 ? openCowdParent(path, first) : undefined;
  const entries = entriesOfLink(headers);
  const spans = spansOf(headers, below);
  const extents = files.map((file, index) => new CowdExtent(file, spans[index] ?? 0, entries));
  const identity = { generation: first.generation, content: parseLinkLine(first.description)?.content };
  return new DiskLink(path, extents, identity, below);
}

/** The sectors of the disk that each file covers, by the rule for roots and by the two for redo logs. */
function spansOf(headers: readonly CowdHeader[], below: DiskLink | undefined): number[] {
  const own = headers.map((header) => header.numSectors);
  if (below === undefined) {
    return headers.map((header) =>
      (header.flags & cowdFlag.multi) !== 0 && header.fileCapacity !== 0 ? header.fileCapacity : header.numSectors,
    );
  }
  const wholeDisk = below.sizeBytes / sectorBytes;
  if (own.length === 1 || own.reduce((a, b) => a + b, 0) === wholeDisk) return own;
  if (own.some((sectors) => sectors !== wholeDisk))
    throw new Error(`${below.path}: its child's capacities fit neither rule`);
  if (below.extents.length === own.length) return below.extents.map((extent) => extent.sizeBytes / sectorBytes);
  throw new Error(`${below.path}: its child has other segments, and says their sizes nowhere`);
}

function openCowdParent(path: string, header: CowdHeader): DiskLink {
  const line = parseLinkLine(header.description);
  const names = [line?.relpath, header.parentFileName].filter((name) => name !== undefined && name !== '');
  const found = names.map((name) => resolve(dirname(path), name ?? '')).find((candidate) => existsSync(candidate));
  if (found === undefined) throw new Error(`${path}: none of ${names.join(', ')} is there`);
  const parent = openDisk(found);
  const { generation, content } = parent.identity;
  if (line?.parent !== undefined && content !== undefined) {
    if (line.parent !== content)
      throw new Error(`${path} hangs from content ${line.parent}, its parent has ${content}`);
  } else if (header.parentGeneration !== generation) {
    throw new Error(`${path} hangs from generation ${String(header.parentGeneration)}, not ${String(generation)}`);
  }
  return parent;
}

/** A link that a descriptor describes: its extents in the order of the lines, its parent by the hint. */
function openDescribed(path: string, text: string): DiskLink {
  const isEmbedded = firstNumber(path) === vmdk4Magic;
  const { values, extents: lines } = parseDescriptor(text, isEmbedded);
  const cid = values.get('cid') ?? '';
  const parentCid = values.get('parentcid') ?? 'ffffffff';
  const hint = values.get('parentfilenamehint');
  if (lines.length > 0 && lines.every((line) => isCowd(path, line))) {
    return openCowd(
      path,
      lines.map((line) => resolve(dirname(path), line.file ?? '')),
    );
  }
  let below: DiskLink | undefined;
  if (parentCid !== 'ffffffff') {
    below = openDisk(resolve(dirname(path), hint ?? ''));
    // Some programs leave zeros in front away.
    if (parseInt(cidOf(below.path) ?? '', 16) !== parseInt(parentCid, 16))
      throw new Error(`${path} hangs from CID ${parentCid}, not ${String(cidOf(below.path))}`);
  }
  // A descriptor inside a sparse file means that file, whatever name it had when it was made.
  const extents = isEmbedded ? [new Vmdk4Extent(path)] : lines.map((line) => openExtent(path, line));
  return new DiskLink(path, extents, sidecarIdentity(path) ?? { generation: parseInt(cid, 16) }, below);
}

function isCowd(path: string, line: ExtentLine): boolean {
  return line.type === 'VMFSSPARSE' && firstNumber(resolve(dirname(path), line.file ?? '')) === cowdMagic;
}

function openExtent(path: string, { type, file, sectors, offsetSectors = 0 }: ExtentLine): Extent {
  const target = file === undefined ? path : resolve(dirname(path), file);
  if (type === 'ZERO') return new ZeroExtent(sectors * sectorBytes);
  if (type === 'FLAT' || type === 'VMFS')
    return new FlatExtent(target, offsetSectors * sectorBytes, sectors * sectorBytes);
  if (type === 'SPARSE') {
    const extent = new Vmdk4Extent(target);
    if (extent.header.capacity !== sectors) throw new Error(`${target} has ${String(extent.header.capacity)} sectors`);
    return extent;
  }
  throw new Error(`extents of type ${type} are not known`);
}

/** The CID in the descriptor of a disk. */
export function cidOf(path: string): string | undefined {
  const isEmbedded = firstNumber(path) === vmdk4Magic;
  const text = isEmbedded ? embeddedDescriptor(path) : readDescriptorFile(path);
  return text === undefined ? undefined : parseDescriptor(text, isEmbedded).values.get('cid');
}

/** What the sidecar of a disk without a COWD header says. */
export function sidecarIdentity(path: string): Identity | undefined {
  if (!existsSync(`${path}.redoubt`)) return undefined;
  const sidecar = JSON.parse(readFileSync(`${path}.redoubt`, 'utf8')) as Record<string, unknown>;
  return { generation: Number(sidecar['generation']), content: String(sidecar['content']) };
}
