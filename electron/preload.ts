import { contextBridge, ipcRenderer } from 'electron';

/**
 * The page's only way out: it posts a message with a port to its own window, and the port goes on to the
 * main process, which decides what it serves on it. A port can't pass through contextBridge.
 */
contextBridge.exposeInMainWorld('redoubt', { shell: 'electron' });

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  if (event.source !== window || event.ports.length !== 1) return;
  const message = event.data;
  if (typeof message !== 'object' || message === null || !('type' in message)) return;
  if (message.type !== 'redoubt:api' && message.type !== 'redoubt:rfb') return;
  ipcRenderer.postMessage('redoubt:connect', message, [...event.ports]);
});
