/** What the bundler makes of files that aren't code, and the part of noVNC that the console uses. */

declare module '*.module.css' {
  const classes: Readonly<Record<string, string>>;
  export default classes;
}

declare module '*.css';

declare module '@novnc/novnc' {
  /** An RFB client that draws into `target`. Events: connect, disconnect ({clean}), desktopname, securityfailure. */
  export default class RFB extends EventTarget {
    constructor(
      target: HTMLElement,
      channel: unknown,
      options?: { shared?: boolean; credentials?: Record<string, string> },
    );
    viewOnly: boolean;
    scaleViewport: boolean;
    clipViewport: boolean;
    resizeSession: boolean;
    focusOnClick: boolean;
    showDotCursor: boolean;
    background: string;
    qualityLevel: number;
    compressionLevel: number;
    disconnect(): void;
    sendCtrlAltDel(): void;
    sendKey(keysym: number, code: string | null, down?: boolean): void;
    focus(options?: FocusOptions): void;
    blur(): void;
    toBlob(callback: (blob: Blob | null) => void, type?: string): void;
  }
}
