/** One entry of an archive. Folders come before what is in them. */
export type CpioEntry =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly bytes: Uint8Array; readonly mode: number }
  /** A character device: a file system that is not made by root can't hold one, an archive can. */
  | { readonly kind: 'device'; readonly path: string; readonly major: number; readonly minor: number };

const fileTypes = { folder: 0o040755, file: 0o100000, device: 0o020600 } as const;

/**
 * An archive in the "new ASCII" cpio format that Linux unpacks at boot. All is owned by root and dates from
 * 1970, so that the same entries give the same bytes.
 * Source: Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
 */
export function cpioArchive(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.map((entry, index) => record(entry, index + 1));
  return Buffer.concat([...parts, header('TRAILER!!!', { inode: 0, mode: 0, sizeBytes: 0 })]);
}

function record(entry: CpioEntry, inode: number): Buffer {
  const bytes = entry.kind === 'file' ? Buffer.from(entry.bytes) : Buffer.alloc(0);
  const mode = fileTypes[entry.kind] | (entry.kind === 'file' ? entry.mode : 0);
  const device = entry.kind === 'device' ? { major: entry.major, minor: entry.minor } : {};
  return Buffer.concat([header(entry.path, { inode, mode, sizeBytes: bytes.length, ...device }), padded(bytes)]);
}

function header(
  path: string,
  {
    inode,
    mode,
    sizeBytes,
    major = 0,
    minor = 0,
  }: { inode: number; mode: number; sizeBytes: number; major?: number; minor?: number },
): Buffer {
  const name = `${path}\0`;
  // inode, mode, user, group, links, time, size, device (2), special device (2), length of name, checksum
  const fields = [inode, mode, 0, 0, 1, 0, sizeBytes, 0, 0, major, minor, name.length, 0];
  const text = fields.map((field) => field.toString(16).padStart(8, '0').toUpperCase()).join('');
  return padded(Buffer.from(`070701${text}${name}`, 'latin1'));
}

/** Everything starts at a multiple of four. */
function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
