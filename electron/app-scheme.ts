import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { protocol } from 'electron';

/** The page's origin. A scheme of its own: `file:` pages share one origin with every file on the disk. */
export const appOrigin = 'app://redoubt';

/** Node's URL knows no origin for a scheme of our own, so scheme and host are compared. */
export function isOurUrl(url: string): boolean {
  return url === appOrigin || url.startsWith(`${appOrigin}/`);
}

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** Mantine writes style elements at run time, hence `unsafe-inline` for styles; scripts come from files only. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Must run before the app is ready. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Serves the renderer's folder, and nothing outside it. */
export function serveAppScheme(rendererDirectory: string): void {
  protocol.handle('app', async (request) => {
    const url = new URL(request.url);
    const path = normalize(
      join(rendererDirectory, url.pathname === '/' ? 'index.html' : decodeURIComponent(url.pathname)),
    );
    if (!isOurUrl(request.url) || !path.startsWith(rendererDirectory + sep))
      return new Response('not found', { status: 404 });
    try {
      const bytes = await readFile(path);
      return new Response(new Uint8Array(bytes), {
        headers: {
          'content-type': contentTypes[extname(path)] ?? 'application/octet-stream',
          'content-security-policy': policy,
          'x-content-type-options': 'nosniff',
        },
      });
    } catch {
      return new Response('not found', { status: 404 });
    }
  });
}
