import { BrowserWindow, dialog, type OpenDialogOptions } from 'electron';

interface FilePick {
  title: string;
  directory?: string | undefined;
  filters: { name: string; extensions: string[] }[];
}

interface FolderPick {
  title: string;
  directory?: string | undefined;
}

/** The system's open dialog. Resolves to nothing when the user closes it. */
export function pickFile({ title, directory, filters }: FilePick): Promise<string | undefined> {
  return pick({ title, filters, properties: ['openFile', 'showHiddenFiles'], ...at(directory) });
}

/** The system's folder dialog. Resolves to nothing when the user closes it. */
export function pickFolder({ title, directory }: FolderPick): Promise<string | undefined> {
  return pick({ title, properties: ['openDirectory', 'createDirectory'], ...at(directory) });
}

function at(directory: string | undefined): { defaultPath?: string } {
  return directory === undefined ? {} : { defaultPath: directory };
}

async function pick(options: OpenDialogOptions): Promise<string | undefined> {
  const parent = BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0];
  const answer =
    parent === undefined ? await dialog.showOpenDialog(options) : await dialog.showOpenDialog(parent, options);
  return answer.canceled ? undefined : answer.filePaths[0];
}
