import { join } from 'node:path';
import { app, BrowserWindow, Menu, session } from 'electron';
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

if (app.requestSingleInstanceLock()) {
  registerAppScheme();
  app.on('second-instance', () => {
    const [window] = BrowserWindow.getAllWindows();
    if (window?.isMinimized() === true) window.restore();
    window?.focus();
  });
  void app.whenReady().then(start);
} else {
  app.quit();
}

async function start(): Promise<void> {
  // Electron's own menu would take Ctrl+R and Ctrl+W away from the machine.
  Menu.setApplicationMenu(applicationMenu(process.platform));
  serveAppScheme(rendererDirectory);
  session.defaultSession.setPermissionRequestHandler((_contents, permission, decide) => {
    decide(permission === 'fullscreen' || permission === 'pointerLock' || permission === 'clipboard-sanitized-write');
  });
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
