import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { entryPoint } from '../base/entry-points.ts';

/** `redoubt serve`: the headless host, in this process. It reads its options itself and ends the process when it is told to stop. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Run the headless host; the window opens in a browser.')
    .option('--port <number>', 'port on the loopback interface (default: a free one)')
    .option('--token-file <file>', 'keep the access token in this file')
    .action(async (options: { port?: string; tokenFile?: string }) => {
      const { file } = entryPoint('host');
      process.argv = [
        process.argv[0] ?? '',
        file,
        ...(options.port === undefined ? [] : ['--port', options.port]),
        ...(options.tokenFile === undefined ? [] : ['--token-file', options.tokenFile]),
      ];
      await import(pathToFileURL(file).href);
    });
}
