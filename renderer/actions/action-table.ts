import type { Action } from './action.ts';
import { commitWaiting, discardWaiting } from './decide-waiting.ts';
import { deleteMachine } from './delete-machine.ts';
import { find } from './find.ts';
import { fullScreen } from './full-screen.ts';
import { newMachine } from './new-machine.ts';
import { newMachineFromBase } from './new-machine-from-base.ts';
import { openMachine } from './open-machine.ts';
import { openPreferences } from './open-preferences.ts';
import { openSettings } from './open-settings.ts';
import { pause, resume } from './pause.ts';
import { powerOff } from './power-off.ts';
import { powerOn } from './power-on.ts';
import { protectBase } from './protect-base.ts';
import { quit } from './quit.ts';
import { removeMachine } from './remove-machine.ts';
import { rename } from './rename.ts';
import { reset } from './reset.ts';
import { scaleConsole } from './scale-console.ts';
import { sendCtrlAltDel } from './send-ctrl-alt-del.ts';
import { showAbout } from './show-about.ts';
import { showKeyboardShortcuts } from './show-keyboard-shortcuts.ts';
import { showTabs } from './show-tab.ts';
import { shutDown } from './shut-down.ts';
import { takeScreenshot } from './take-screenshot.ts';
import { toggleSidebar } from './toggle-sidebar.ts';
import { tryDemo } from './try-demo.ts';

/** Draws a line between two items of a menu. */
export const separator = 'separator';

export interface MenuGroup {
  readonly id: string;
  readonly label: string;
  readonly items: readonly (Action | typeof separator)[];
}

/** The menu bar, from left to right. */
export const menus: readonly MenuGroup[] = [
  {
    id: 'file',
    label: 'File',
    items: [newMachine, newMachineFromBase, openMachine, tryDemo, separator, openPreferences, separator, quit],
  },
  { id: 'edit', label: 'Edit', items: [rename, find] },
  { id: 'view', label: 'View', items: [...showTabs, separator, toggleSidebar, scaleConsole, fullScreen] },
  {
    id: 'vm',
    label: 'VM',
    items: [
      powerOn,
      shutDown,
      powerOff,
      pause,
      resume,
      reset,
      separator,
      sendCtrlAltDel,
      takeScreenshot,
      separator,
      openSettings,
      removeMachine,
      deleteMachine,
    ],
  },
  { id: 'disk', label: 'Disk', items: [commitWaiting, discardWaiting, separator, protectBase] },
  { id: 'help', label: 'Help', items: [showKeyboardShortcuts, separator, showAbout] },
];

/** The machine's toolbar, from left to right. */
export const machineToolbar: readonly Action[] = [powerOn, pause, resume, shutDown, powerOff, reset, openSettings];

/** A machine's context menu. */
export const machineMenu: MenuGroup['items'] = [
  powerOn,
  shutDown,
  powerOff,
  pause,
  resume,
  reset,
  separator,
  commitWaiting,
  discardWaiting,
  separator,
  rename,
  openSettings,
  separator,
  removeMachine,
  deleteMachine,
];

/** A base's context menu. */
export const baseMenu: MenuGroup['items'] = [newMachineFromBase, separator, protectBase];

/** Every action once, in the order of the menus. */
export const allActions: readonly Action[] = menus.flatMap((menu) => menu.items.filter((item) => item !== separator));
