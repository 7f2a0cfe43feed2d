import { create } from 'zustand';

/** What the console on screen can do for an action, while it is there. */
export interface ConsoleHandle {
  readonly machineId: string;
  sendCtrlAltDel(): void;
  /** A PNG of the guest's picture, at its own size. */
  takePicture(): Promise<Blob>;
  toggleFullScreen(): void;
}

interface ConsoleState {
  readonly handle: ConsoleHandle | undefined;
  /** Keys and pointer go to the guest; no shortcut of the window acts. */
  readonly isGrabbed: boolean;
}

export const useConsole = create<ConsoleState>()(() => ({ handle: undefined, isGrabbed: false }));
