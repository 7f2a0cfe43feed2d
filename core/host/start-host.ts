import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../base/home.ts';
import { createCore } from '../create-core.ts';
import { startHttpHost, type HttpHost } from './http-host.ts';

export interface HostOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly token: string;
  /** Lets one browser in, instead of the token. */
  readonly onceToken?: string | undefined;
  /** Absent: this user's own. */
  readonly home?: Home;
  readonly rendererDirectory: string;
}

/**
 * The headless host: the core, served to browsers on the loopback address. `close` lets go of everything;
 * running machines go on, and the next host finds them again.
 */
export async function startHost(options: HostOptions): Promise<HttpHost> {
  const { port, token, onceToken, home, rendererDirectory } = options;
  const core = await createCore({
    ...(home === undefined ? {} : { home }),
    shell: { kind: 'host' },
    appVersion: appVersion(),
  });
  let http: HttpHost;
  try {
    http = await startHttpHost({ port, token, onceToken, rendererDirectory, core });
  } catch (error) {
    await core.dispose();
    throw error;
  }
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await http.close();
    await core.dispose();
  };
  return { url: http.url, close: () => (closing ??= close()) };
}

/** From the package's own description, two levels up from the source as from the bundle. */
function appVersion(): string {
  const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
