import { BrowserWindow } from 'electron';
import { appOrigin, isOurUrl } from './app-scheme.ts';

/** The one window. The page has no Node, runs in the sandbox, and can't leave its own origin. */
export function openMainWindow(preloadFile: string): BrowserWindow {
  const window = new BrowserWindow({
    title: 'Redoubt',
    width: 1280,
    height: 820,
    minWidth: 800,
    minHeight: 560,
    show: false,
    webPreferences: {
      preload: preloadFile,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    },
  });
  window.once('ready-to-show', () => window.show());
  window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }));
  window.webContents.on('will-navigate', (event, url) => {
    if (!isOurUrl(url)) event.preventDefault();
  });
  void window.loadURL(`${appOrigin}/index.html`);
  return window;
}
