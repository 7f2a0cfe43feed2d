import type RfbClass from '@novnc/novnc';
import { openConsole } from '../../transport/client.ts';
import { ReleaseChord } from './release-chord.ts';

/** The part of the RFB client that is used here; its module is loaded when the first console opens. */
type Rfb = InstanceType<typeof RfbClass>;

interface Listener {
  onConnected(isConnected: boolean): void;
  onGrabbed(isGrabbed: boolean): void;
}

/** Pause before a screen that went away is asked for again: a guest that just started may not have one yet. */
const retryMs = 700;

/**
 * A guest's screen in an element, from the first connection to `dispose`. It connects again by itself when
 * the screen goes away while the machine runs. Not grabbed, it only shows: no key and no pointer move goes
 * to the guest.
 */
export class ScreenSession {
  private readonly machineId: string;
  private readonly target: HTMLElement;
  private readonly listener: Listener;
  private readonly chord = new ReleaseChord();
  private readonly stop = new AbortController();
  private rfb: Rfb | undefined;
  private isScaled = true;
  private isGrabbed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(machineId: string, target: HTMLElement, listener: Listener) {
    this.machineId = machineId;
    this.target = target;
    this.listener = listener;
    const { signal } = this.stop;
    window.addEventListener(
      'keydown',
      (event) => {
        this.chord.down(event.key);
      },
      { capture: true, signal },
    );
    window.addEventListener(
      'keyup',
      (event) => {
        if (this.chord.up(event.key)) this.release();
      },
      { capture: true, signal },
    );
    window.addEventListener(
      'blur',
      () => {
        this.chord.reset();
        this.release();
      },
      { signal },
    );
    target.addEventListener(
      'focusout',
      (event) => {
        if (!target.contains(event.relatedTarget as Node | null)) this.release();
      },
      { signal },
    );
    void this.connect();
  }

  /** Hands keyboard and pointer to the guest. */
  grab(): void {
    if (this.rfb === undefined || this.isGrabbed) return;
    this.isGrabbed = true;
    this.chord.reset();
    this.rfb.viewOnly = false;
    this.rfb.focus({ preventScroll: true });
    this.listener.onGrabbed(true);
  }

  /** Takes them back. Keys that are down are let go in the guest. */
  release(): void {
    if (!this.isGrabbed) return;
    this.isGrabbed = false;
    if (this.rfb !== undefined) {
      // noVNC lets go of keys in the guest when the window loses the focus, but no more once it only shows:
      // without this, Ctrl and Alt of the way out would stay down in there.
      window.dispatchEvent(new FocusEvent('blur'));
      this.rfb.viewOnly = true;
    }
    this.listener.onGrabbed(false);
  }

  setScaled(isScaled: boolean): void {
    this.isScaled = isScaled;
    if (this.rfb !== undefined) this.rfb.scaleViewport = isScaled;
  }

  sendCtrlAltDel(): void {
    const { rfb } = this;
    if (rfb === undefined) return;
    // A client that only shows sends no keys at all.
    rfb.viewOnly = false;
    rfb.sendCtrlAltDel();
    rfb.viewOnly = !this.isGrabbed;
  }

  /** A PNG of what the guest shows, at its own size. Rejects when there is no picture. */
  takePicture(): Promise<Blob> {
    return new Promise((resolve, reject) => {
      if (this.rfb === undefined) {
        reject(new Error('the screen is not connected'));
        return;
      }
      this.rfb.toBlob((blob) => {
        if (blob === null) reject(new Error('the screen has no picture'));
        else resolve(blob);
      }, 'image/png');
    });
  }

  /** Leaves the screen for good. */
  dispose(): void {
    this.stop.abort();
    clearTimeout(this.timer);
    this.release();
    this.rfb?.disconnect();
    this.rfb = undefined;
  }

  private async connect(): Promise<void> {
    const { default: RFB } = await import('@novnc/novnc');
    if (this.stop.signal.aborted) return;
    const rfb = new RFB(this.target, openConsole(this.machineId), { shared: true });
    rfb.viewOnly = true;
    rfb.scaleViewport = this.isScaled;
    rfb.focusOnClick = false;
    rfb.showDotCursor = true;
    rfb.background = 'transparent';
    rfb.addEventListener('connect', () => {
      this.listener.onConnected(true);
    });
    rfb.addEventListener('disconnect', () => {
      if (this.rfb !== rfb || this.stop.signal.aborted) return;
      this.release();
      this.rfb = undefined;
      this.listener.onConnected(false);
      this.timer = setTimeout(() => void this.connect(), retryMs);
    });
    this.rfb = rfb;
  }
}
