import { rmSync } from 'node:fs';
import { z } from 'zod';
import { openLogger } from '../base/logger.ts';
import { loadConfiguration } from '../machines/configuration-file.ts';
import { lockMachine, runningPurpose } from '../machines/machine-lock.ts';
import { BackendChooser } from './backend-chooser.ts';
import { createBackends } from './backend-list.ts';
import { serveControl } from './control-server.ts';
import { MachineRunner } from './machine-runner.ts';
import { runnerLogFile, type RunnerArguments } from './runner-handle.ts';
import { prepareRuntimeDirectory, runtimePaths } from './runtime-paths.ts';

/**
 * The process that runs one machine. Entry point: one argument, the JSON of RunnerArguments.
 * SIGTERM and SIGINT power the machine off and keep its changes.
 */
const argumentsSchema = z.object({
  machineId: z.string().regex(/^[0-9a-f]{32}$/),
  configPath: z.string(),
  home: z.object({
    machinesDirectory: z.string(),
    settingsDirectory: z.string(),
    runDirectory: z.string(),
    logsDirectory: z.string(),
  }),
});

/** Another process that holds the machine may be about to let go of it. */
const lockWaitMs = 5000;
/** A start that nobody asks for within this time is not wanted any more. */
const idleLimitMs = 30_000;

async function main(): Promise<void> {
  const args: RunnerArguments = argumentsSchema.parse(JSON.parse(process.argv[2] ?? ''));
  const log = openLogger(runnerLogFile(args.home, args.machineId));
  const { name } = loadConfiguration(args.configPath);
  const lock = await lockMachine(args.configPath, name, runningPurpose, lockWaitMs);
  const paths = runtimePaths(args.home, args.machineId);
  try {
    prepareRuntimeDirectory(args.home, args.machineId);
    const runner = new MachineRunner(args, paths.directory, new BackendChooser(createBackends(args.home)), log);
    const control = await serveControl(runner, paths.controlSocket);
    log.info(`runner of "${name}" serves ${paths.controlSocket}`);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        log.info(`${signal}: power off and keep`);
        void runner.powerOffAndKeep();
      });
    }
    process.on('SIGHUP', () => undefined); // the shell's terminal may go; the machine goes on
    const idle = setTimeout(() => {
      if (runner.board.now.power === 'off') void runner.powerOffAndKeep();
    }, idleLimitMs);
    await runner.leaving;
    clearTimeout(idle);
    await control.close();
    log.info('the runner ends');
  } finally {
    rmSync(paths.directory, { recursive: true, force: true });
    lock.release();
    log.close();
  }
}

try {
  await main();
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}
