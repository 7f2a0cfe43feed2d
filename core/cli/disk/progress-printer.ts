import { formatSize } from '../format-size.ts';
import type { Terminal } from '../terminal.ts';

/** What is told of long work on a disk: bytes while its phase is `copying`. */
export interface CopyProgress {
  readonly phase: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface ProgressPrinter {
  readonly print: (progress: CopyProgress) => void;
  /** Takes away the line that was drawn, if there is one, so that what follows has a line of its own. */
  readonly clear: () => void;
}

/**
 * A line a phase, and while copying one a tenth; a person sees one line that changes. Nothing before the
 * work has begun: a refusal is one line.
 */
export function progressPrinter(terminal: Terminal): ProgressPrinter {
  let last = '';
  let isDrawn = false;
  const print = ({ phase, doneBytes, totalBytes }: CopyProgress) => {
    if (phase === 'preparing') return;
    const share =
      phase === 'copying' && totalBytes > 0
        ? Math.floor((doneBytes / totalBytes) * (terminal.isTerminal ? 100 : 10))
        : 0;
    const key = `${phase} ${String(share)}`;
    if (key === last) return;
    last = key;
    const text = phase === 'copying' ? `copying: ${formatSize(doneBytes)} of ${formatSize(totalBytes)}` : phase;
    isDrawn = terminal.isTerminal;
    terminal.err(isDrawn ? `${clearLine}${text}` : `${text}\n`);
  };
  const clear = () => {
    if (isDrawn) terminal.err(clearLine);
    isDrawn = false;
  };
  return { print, clear };
}

/** To the first column, and what is there goes. */
const clearLine = '\r\u001b[K';
