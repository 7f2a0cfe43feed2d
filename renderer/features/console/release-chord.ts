/**
 * Recognises Ctrl and Alt pressed together and let go with nothing else in between: the way out of the
 * console. Ctrl+Alt+Del and the like, where another key comes in, stay with the guest.
 */
export class ReleaseChord {
  private readonly held = new Set<string>();
  private isArmed = false;

  /** A key went down; `key` is the event's. */
  down(key: string): void {
    if (key !== 'Control' && key !== 'Alt') {
      this.isArmed = false;
      this.held.clear();
      return;
    }
    this.held.add(key);
    this.isArmed = this.held.size === 2;
  }

  /** A key went up. Whether that completes the chord. */
  up(key: string): boolean {
    const isComplete = this.isArmed && (key === 'Control' || key === 'Alt');
    this.held.delete(key);
    if (isComplete) this.isArmed = false;
    return isComplete;
  }

  /** Forgets what is down: the window lost the focus, or the guest just got the keyboard. */
  reset(): void {
    this.held.clear();
    this.isArmed = false;
  }
}
