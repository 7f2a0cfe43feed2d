import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export interface LineResult {
  readonly status: number;
  /** What the line said, without the last line end. */
  readonly said: string;
}

/**
 * The test guest's side of a conversation: lines are typed on its keyboard (`typeLine`, through whatever shows
 * the screen), and it answers on its serial line, which the machine writes to `serialFile` (guest-init.sh).
 * One for each boot.
 */
export class LinuxConsole {
  private lineNumber = 0;
  private readLength = 0;

  constructor(
    private readonly serialFile: string,
    private readonly typeLine: (text: string) => Promise<void>,
    private readonly limits = { bootMs: 120_000, lineMs: 30_000 },
  ) {}

  /** Resolves when the guest waits for a line. */
  async ready(): Promise<void> {
    await this.readTo(/--- ready ---\r?\n/, this.limits.bootMs);
  }

  /** Types a line and waits for its end. Letters, digits, blanks and dots are safe on every way to the guest. */
  async run(line: string): Promise<LineResult> {
    this.lineNumber += 1;
    await this.typeLine(line);
    const end = new RegExp(`--- line ${String(this.lineNumber)} status (\\d+) ---\\r?\\n`);
    const { before, match } = await this.readTo(end, this.limits.lineMs);
    return { status: Number(match[1]), said: before.replaceAll('\r', '').trimEnd() };
  }

  /** Has the guest write everything to its disk and power off; resolves when it says so. */
  async powerOff(): Promise<void> {
    await this.typeLine('poweroff');
    await this.readTo(/--- poweroff ---\r?\n/, this.limits.lineMs);
  }

  private async readTo(pattern: RegExp, limitMs: number): Promise<{ before: string; match: RegExpExecArray }> {
    const end = Date.now() + limitMs;
    for (;;) {
      const text = existsSync(this.serialFile) ? readFileSync(this.serialFile, 'latin1').slice(this.readLength) : '';
      const match = pattern.exec(text);
      if (match !== null) {
        this.readLength += match.index + match[0].length;
        return { before: text.slice(0, match.index), match };
      }
      if (Date.now() > end) throw new Error(`the guest never said ${String(pattern)}, but: ${JSON.stringify(text)}`);
      await delay(50);
    }
  }
}
