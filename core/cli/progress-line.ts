import { formatSize } from './format-size.ts';
import type { Terminal } from './terminal.ts';

/** To the first column, and what is there goes. */
const clearLine = '\r\u001b[K';

/**
 * How long work gets on, on stderr: a line a phase, and of a phase with a size one a tenth; a person sees one line
 * that changes.
 */
export class ProgressLine {
  private readonly terminal: Terminal;
  private last = '';
  private isDrawn = false;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
  }

  show(phase: string, doneBytes: number, totalBytes: number): void {
    const { isTerminal } = this.terminal;
    const share = totalBytes > 0 ? Math.floor((doneBytes / totalBytes) * (isTerminal ? 100 : 10)) : 0;
    const key = `${phase} ${String(share)}`;
    if (key === this.last) return;
    this.last = key;
    const text = totalBytes > 0 ? `${phase}: ${formatSize(doneBytes)} of ${formatSize(totalBytes)}` : phase;
    this.isDrawn = isTerminal;
    this.terminal.err(isTerminal ? `${clearLine}${text}` : `${text}\n`);
  }

  /** Takes away the line that was drawn, if there is one, so that what follows has a line of its own. */
  clear(): void {
    if (this.isDrawn) this.terminal.err(clearLine);
    this.isDrawn = false;
  }
}
