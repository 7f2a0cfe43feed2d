import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startHost } from './start-host.ts';
import { makeToken, tokenFromFile } from './token-file.ts';

/**
 * The headless host as a program: prints the address to open, and serves until it is told to stop
 * (SIGTERM, SIGINT, SIGHUP). Machines that run go on.
 *
 * Options: `--port N` (default: a free one), `--token-file FILE` (kept from start to start; default: a new
 * token each time). `REDOUBT_ONCE_TOKEN` in the environment opens the door one time, for whoever starts a
 * browser. Exit status 2 for wrong usage, 1 if it can't serve.
 */
interface Arguments {
  port: number;
  tokenFile: string | undefined;
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '0' }, 'token-file': { type: 'string' } },
  });
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) throw new Error(`--port: ${values.port} is no port number`);
  return { port, tokenFile: values['token-file'] };
}

/** In the bundle the window lies beside the main programs, in a source tree in the bundle's folder. */
function rendererDirectory(): string {
  const beside = join(import.meta.dirname, '../renderer');
  return existsSync(join(beside, 'index.html')) ? beside : join(import.meta.dirname, '../../out/renderer');
}

function fail(status: number, error: unknown): never {
  process.stderr.write(`redoubt: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(status);
}

let chosen: Arguments;
try {
  chosen = readArguments();
} catch (error) {
  fail(2, error);
}

try {
  const token = chosen.tokenFile === undefined ? makeToken() : tokenFromFile(chosen.tokenFile);
  const onceToken = process.env['REDOUBT_ONCE_TOKEN'];
  delete process.env['REDOUBT_ONCE_TOKEN']; // nothing that this process starts needs it
  const host = await startHost({ port: chosen.port, token, onceToken, rendererDirectory: rendererDirectory() });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      void host.close().then(
        () => process.exit(0),
        (error: unknown) => fail(1, error),
      );
    });
  }
  process.stdout.write(`Redoubt is at ${host.url}\n`);
} catch (error) {
  fail(1, error);
}
