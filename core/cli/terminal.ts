/** Where a command prints. Text is printed as it is given. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether `err` is looked at by a person, so that a line may be drawn over the last one. */
  readonly isTerminal: boolean;
}

/**
 * A sentence for a person, on one line. Names come from files that anybody may have made: none may move a cursor or
 * start a second line. What only names files, one a line, is for programs, and says them as they are.
 */
export function onOneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').replaceAll(/\p{Cc}/gu, '?');
}

/** The one JSON document of a command that was asked for it, or its lines of text. */
export function printResult(
  terminal: Terminal,
  options: { readonly json?: boolean },
  result: object,
  lines: readonly string[],
): void {
  terminal.out(
    options.json === true ? `${JSON.stringify(result, undefined, 2)}\n` : lines.map((line) => `${line}\n`).join(''),
  );
}
