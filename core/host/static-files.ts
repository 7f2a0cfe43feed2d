import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

export interface StaticFile {
  readonly bytes: Buffer;
  readonly contentType: string;
  /** The name holds a hash of the content, so it can be kept for ever. */
  readonly isImmutable: boolean;
}

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/**
 * A file of `directory` by the path of an address, `/` being index.html; `undefined` if there is none.
 * What lies outside the directory does not exist, whether reached by dots or by a symbolic link.
 */
export async function readStaticFile(directory: string, urlPath: string): Promise<StaticFile | undefined> {
  try {
    const root = await realpath(directory);
    const wanted = decodeURIComponent(urlPath === '/' ? '/index.html' : urlPath);
    const file = await realpath(join(root, wanted));
    if (!file.startsWith(root + sep)) return undefined;
    return {
      bytes: await readFile(file),
      contentType: contentTypes[extname(file).toLowerCase()] ?? 'application/octet-stream',
      isImmutable: file.startsWith(join(root, 'assets') + sep),
    };
  } catch {
    // No such file, a folder, a malformed escape: all the same to whoever asks.
    return undefined;
  }
}
