import { Menu } from 'electron';

/**
 * The page draws its own menu bar. Only macOS has a menu outside the window, where the entries that people
 * and the system's text fields expect must stand; without them Cmd+C does nothing.
 */
export function applicationMenu(platform: NodeJS.Platform): Menu | null {
  if (platform !== 'darwin') return null;
  return Menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }]);
}
