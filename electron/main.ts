import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { app, BrowserWindow, dialog, Menu, session } from 'electron';
import { createCore } from '../core/create-core.ts';
import { acceptPorts } from './accept-ports.ts';
import { registerAppScheme, serveAppScheme } from './app-scheme.ts';
import { applicationMenu } from './menu.ts';
import { pickFile, pickFolder } from './native-dialogs.ts';
import { openMainWindow } from './main-window.ts';

/**
 * The Electron shell: wiring only. Machines live in processes of their own and go on when the last window
 * closes or the app quits; the next start finds them again.
 */
const bundleDirectory = import.meta.dirname;
const rendererDirectory = join(bundleDirectory, '../renderer');
const preloadFile = join(bundleDirectory, '../preload/preload.cjs');

useOwnHome(process.env['REDOUBT_HOME']);
if (app.requestSingleInstanceLock()) {
  registerAppScheme();
  app.on('second-instance', () => {
    const [window] = BrowserWindow.getAllWindows();
    if (window?.isMinimized() === true) window.restore();
    window?.focus();
  });
  void app.whenReady().then(start).catch(giveUp);
} else {
  app.quit();
}

/** Instances with homes of their own never meet: Electron's data and its instance lock move along. */
function useOwnHome(home: string | undefined): void {
  if (home === undefined || home === '') return;
  const data = join(resolve(home), 'electron');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  app.setPath('userData', data);
}

/** Without a window nobody would hear why there is none. */
function giveUp(error: unknown): void {
  dialog.showErrorBox('Redoubt could not start', error instanceof Error ? error.message : String(error));
  app.exit(1);
}

/** What the page may do beyond showing itself. */
function isPermitted(permission: string): boolean {
  return permission === 'fullscreen' || permission === 'pointerLock' || permission === 'clipboard-sanitized-write';
}

async function start(): Promise<void> {
  // Electron's own menu would take Ctrl+R and Ctrl+W away from the machine.
  Menu.setApplicationMenu(applicationMenu(process.platform));
  serveAppScheme(rendererDirectory);
  session.defaultSession.setPermissionRequestHandler((_contents, permission, decide) =>
    decide(isPermitted(permission)),
  );
  session.defaultSession.setPermissionCheckHandler((_contents, permission) => isPermitted(permission));
  const core = await createCore({ shell: { kind: 'electron', pickFile, pickFolder }, appVersion: app.getVersion() });
  acceptPorts(core);
  openMainWindow(preloadFile);
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) openMainWindow(preloadFile);
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  let isDisposed = false;
  app.on('before-quit', (event) => {
    if (isDisposed) return;
    event.preventDefault();
    isDisposed = true;
    void core.dispose().finally(() => app.quit());
  });
}
