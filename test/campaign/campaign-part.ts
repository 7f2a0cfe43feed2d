/** What one part of the campaign is asked to do. */
export interface PartOptions {
  readonly seed: number;
  /** How many cases there should be. */
  readonly count: number;
  /** When to stop even so, milliseconds since 1970. */
  readonly untilMs: number;
  readonly say: (line: string) => void;
}

export interface PartResult {
  readonly done: number;
  /** Each with all that it takes to repeat it. */
  readonly failures: readonly string[];
  readonly summary: string;
}
