import type { DataSet } from '../data-set.ts';
import type { FioTime, Pair } from '../measure.ts';
import type { NbdServerProcess, Replies } from '../nbd-servers.ts';

/** A disk with both servers running on it. */
export interface ServedSet {
  readonly set: DataSet;
  readonly ours: NbdServerProcess;
  readonly peer: NbdServerProcess;
}

/** What rows share. Disks are made when the first row asks for them, and kept for all rounds. */
export interface BenchContext {
  readonly folder: string;
  readonly isQuick: boolean;
  /** For a sample of which a round takes one. */
  readonly longSample: FioTime;
  /** For a sample of which a round takes `shortPairs` of each contender. */
  readonly shortSample: FioTime;
  readonly shortRequests: number;
  readonly shortPairs: number;
  /** The data set of this depth, open in both servers; ours with simple replies unless said otherwise. */
  served(depth: number, replies?: Replies): Promise<ServedSet>;
  /** A base, half full, that nobody has open, for logs and overlays to be made on. */
  base(): Promise<DataSet>;
  /** Makes something once, under a name, and hands out the same from then on. `close` is called at the end. */
  once<T>(name: string, make: (folder: string) => Promise<{ value: T; close?: () => Promise<void> }>): Promise<T>;
}

/** Two contenders doing the same work, and what the ratio of their rates should reach. */
export interface RatioRow {
  readonly kind: 'ratio';
  readonly work: string;
  readonly against: string;
  readonly depth: number;
  /** Absent: measured for information. */
  readonly bar?: number;
  /** What a round takes: one pair or several. */
  measure(context: BenchContext): Promise<readonly Pair[]>;
}

/** Work of ours that must stay below a limit of its own, or is measured for information. */
export interface LimitRow {
  readonly kind: 'limit';
  readonly work: string;
  readonly depth: number;
  readonly unit: 'ms' | 'MiB' | 'bytes a segment';
  readonly below?: number;
  measure(context: BenchContext): Promise<number>;
}

export type Row = RatioRow | LimitRow;

/** The same sample, so many times as long. */
export function longer({ rampSeconds, seconds }: FioTime, times: number): FioTime {
  return { rampSeconds, seconds: seconds * times };
}

/** Where a job's report may be written for a moment. */
export function scratch(context: BenchContext): string {
  return `${context.folder}/fio.json`;
}
