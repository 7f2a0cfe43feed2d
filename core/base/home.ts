import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where one user's data lies. All paths are absolute. */
export interface Home {
  /** New machines go into folders of this one. */
  readonly machinesDirectory: string;
  /** The library, preferences and approvals. */
  readonly settingsDirectory: string;
  /** Sockets of running machines; mode 0700. */
  readonly runDirectory: string;
  readonly logsDirectory: string;
}

/**
 * The places of this user. `REDOUBT_HOME` moves the whole of it below one folder, so that tests and
 * second instances never meet; without it machines are in `~/Redoubt` and the rest in the platform's places.
 */
export function resolveHome(environment: NodeJS.ProcessEnv = process.env): Home {
  const root = environment['REDOUBT_HOME'];
  if (root !== undefined && root !== '') return homeBelow(resolve(root));
  const user = homedir();
  const machinesDirectory = join(user, 'Redoubt');
  if (process.platform === 'win32') {
    const local = join(environment['LOCALAPPDATA'] ?? join(user, 'AppData', 'Local'), 'Redoubt');
    return places(machinesDirectory, join(local, 'settings'), join(local, 'run'), join(local, 'logs'));
  }
  if (process.platform === 'darwin') {
    const support = join(user, 'Library', 'Application Support', 'Redoubt');
    return places(machinesDirectory, support, join(support, 'run'), join(user, 'Library', 'Logs', 'Redoubt'));
  }
  const config = join(environment['XDG_CONFIG_HOME'] ?? join(user, '.config'), 'redoubt');
  const state = join(environment['XDG_STATE_HOME'] ?? join(user, '.local', 'state'), 'redoubt');
  const runtime = environment['XDG_RUNTIME_DIR'];
  return places(
    machinesDirectory,
    config,
    runtime === undefined ? join(state, 'run') : join(runtime, 'redoubt'),
    join(state, 'logs'),
  );
}

/** Everything below one folder, as `REDOUBT_HOME` has it. */
export function homeBelow(root: string): Home {
  return places(join(root, 'machines'), join(root, 'settings'), join(root, 'run'), join(root, 'logs'));
}

/** Makes the folders that must exist; sockets and settings are nobody else's business. */
export function prepareHome(home: Home): void {
  mkdirSync(home.machinesDirectory, { recursive: true });
  mkdirSync(home.logsDirectory, { recursive: true, mode: 0o700 });
  mkdirSync(home.settingsDirectory, { recursive: true, mode: 0o700 });
  mkdirSync(home.runDirectory, { recursive: true, mode: 0o700 });
}

function places(
  machinesDirectory: string,
  settingsDirectory: string,
  runDirectory: string,
  logsDirectory: string,
): Home {
  return { machinesDirectory, settingsDirectory, runDirectory, logsDirectory };
}
