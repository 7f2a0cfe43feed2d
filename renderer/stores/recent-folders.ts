import { create } from 'zustand';
import { z } from 'zod';

const storageKey = 'redoubt.recent-folders';
const limit = 5;

/** Folders from which something was chosen, newest first; kept in the browser's storage. */
export const useRecentFolders = create<{ readonly folders: readonly string[] }>()(() => ({ folders: load() }));

/** Puts a folder at the head of the list. */
export function rememberFolder(folder: string): void {
  if (folder === '') return;
  const folders = [folder, ...useRecentFolders.getState().folders.filter((known) => known !== folder)].slice(0, limit);
  useRecentFolders.setState({ folders });
  try {
    localStorage.setItem(storageKey, JSON.stringify(folders));
  } catch {
    // Storage may be closed to us; the list then lasts as long as the page.
  }
}

function load(): string[] {
  try {
    return z
      .array(z.string())
      .parse(JSON.parse(localStorage.getItem(storageKey) ?? '[]') as unknown)
      .slice(0, limit);
  } catch {
    return [];
  }
}
