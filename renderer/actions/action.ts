import type { MachineView } from '../../core/api/machines.ts';
import type { BaseView } from '../stores/bases.ts';
import type { ConsoleHandle } from '../stores/console.ts';
import type { MachineTab } from '../stores/selection.ts';

/** What actions decide by: the stores, read at one moment. */
export interface ActionContext {
  /** The machine that is selected, or that a context menu was opened on. */
  readonly machine: MachineView | undefined;
  readonly base: BaseView | undefined;
  readonly tab: MachineTab;
  readonly isConnected: boolean;
  readonly shell: 'electron' | 'tab';
  /** The console on screen, of whichever machine. */
  readonly console: ConsoleHandle | undefined;
}

/**
 * One thing a person can do. Menu bar, toolbar, context menus and keys are drawn from these objects only, so
 * that a name, a key and a reason are the same everywhere.
 */
export interface Action {
  readonly id: string;
  /** As in the menu; ends with an ellipsis when a dialog comes first. */
  readonly label: string;
  /** For example `Ctrl+Shift+E`; on macOS Ctrl is the command key. */
  readonly key?: string;
  readonly isDanger?: boolean;
  /** A tick in the menu. */
  isChecked?(context: ActionContext): boolean;
  /** Whether it belongs in this window at all. Absent: always. */
  isOffered?(context: ActionContext): boolean;
  /** `true`, or the sentence that says why not. */
  enabledWhen(context: ActionContext): true | string;
  /** Does it. What it throws is shown to the person, with the way to try again. */
  perform(context: ActionContext): void | Promise<void>;
}

/** A context in which the action's machine is known to be there. */
export type MachineContext = ActionContext & { readonly machine: MachineView };
