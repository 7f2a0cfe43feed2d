import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import type { Pair } from './measure.ts';
import type { LimitRow, RatioRow } from './rows/row.ts';

/** What came out of a row's rounds. Ratios are of one pair each; the median of them is compared with the bar. */
export interface RowResult {
  readonly work: string;
  readonly against: string;
  readonly depth: number;
  readonly pairs: number;
  readonly oursPerSecond: number;
  readonly peerPerSecond: number;
  readonly ratio: number;
  readonly lowestRatio: number;
  readonly highestRatio: number;
  readonly bar?: number;
  readonly verdict: 'reached' | 'below' | 'no bar';
  readonly oursCpuMicroseconds?: number;
  readonly peerCpuMicroseconds?: number;
}

/** What came out of a row of ours alone; its median is compared with the limit, where it has one. */
export interface LimitResult {
  readonly work: string;
  readonly depth: number;
  readonly rounds: number;
  readonly unit: LimitRow['unit'];
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly below?: number;
  readonly verdict: 'reached' | 'above' | 'no limit';
}

export interface BenchReport {
  readonly machine: Record<string, string>;
  readonly rows: readonly RowResult[];
  readonly limits: readonly LimitResult[];
}

export function summariseLimit(row: LimitRow, figures: readonly number[]): LimitResult {
  const { work, depth, unit, below } = row;
  const middle = median(figures);
  return {
    work,
    depth,
    rounds: figures.length,
    unit,
    median: middle,
    lowest: Math.min(...figures),
    highest: Math.max(...figures),
    ...(below === undefined ? {} : { below }),
    verdict: below === undefined ? 'no limit' : middle < below ? 'reached' : 'above',
  };
}

export function summariseRatio(row: RatioRow, samples: readonly Pair[]): RowResult {
  const ratios = samples.map(({ ours, peer }) => ours.rate / peer.rate);
  const ratio = median(ratios);
  const cpu = (side: 'ours' | 'peer') =>
    samples.map((sample) => sample[side].cpuMicroseconds).filter((value) => value !== undefined);
  const [oursCpu, peerCpu] = [cpu('ours'), cpu('peer')];
  return {
    work: row.work,
    against: row.against,
    depth: row.depth,
    pairs: samples.length,
    oursPerSecond: median(samples.map(({ ours }) => ours.rate)),
    peerPerSecond: median(samples.map(({ peer }) => peer.rate)),
    ratio,
    lowestRatio: Math.min(...ratios),
    highestRatio: Math.max(...ratios),
    ...(row.bar === undefined ? {} : { bar: row.bar }),
    verdict: row.bar === undefined ? 'no bar' : ratio >= row.bar ? 'reached' : 'below',
    ...(oursCpu.length === 0 ? {} : { oursCpuMicroseconds: median(oursCpu) }),
    ...(peerCpu.length === 0 ? {} : { peerCpuMicroseconds: median(peerCpu) }),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

const loadName = 'load before';

/** What the figures depend on. */
export function describeMachine(): Record<string, string> {
  const processors = cpus();
  return {
    processor: `${String(processors.length)} × ${processors[0]?.model ?? 'unknown'}`,
    memory: `${(totalmem() / 1024 ** 3).toFixed(0)} GiB`,
    kernel: release(),
    [loadName]: (loadavg()[0] ?? 0).toFixed(1),
    node: process.version,
    qemu: firstLine('qemu-nbd', ['--version']),
    fio: firstLine('fio', ['--version']),
  };
}

function firstLine(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8' }).split('\n', 1)[0] ?? '';
}

/** The report for people. */
export function renderTable({ machine, rows, limits }: BenchReport): string {
  const facts = Object.entries(machine).map(([name, value]) => `${name}: ${value}`);
  if (Number(machine[loadName]) > cpus().length / 2) {
    facts.push('The machine was busy with other work: rates and ratios say little, processor time a bit more.');
  }
  const ratioHead = ['work', 'against', 'links', 'ours/s', 'peer/s', 'ratio', 'spread', 'bar', '', 'CPU µs/request'];
  const ratios = rows.map((row) => [
    row.work,
    row.against,
    String(row.depth),
    row.oursPerSecond.toFixed(0),
    row.peerPerSecond.toFixed(0),
    row.ratio.toFixed(2),
    `${row.lowestRatio.toFixed(2)}–${row.highestRatio.toFixed(2)}`,
    row.bar === undefined ? '–' : `≥ ${row.bar.toFixed(1)}`,
    { reached: 'reached', below: 'BELOW', 'no bar': '' }[row.verdict],
    row.oursCpuMicroseconds === undefined || row.peerCpuMicroseconds === undefined
      ? ''
      : `${row.oursCpuMicroseconds.toFixed(1)} : ${row.peerCpuMicroseconds.toFixed(1)}`,
  ]);
  const limitHead = ['work', 'links', 'median', 'spread', 'unit', 'limit', ''];
  const figures = limits.map((row) => [
    row.work,
    String(row.depth),
    row.median.toFixed(1),
    `${row.lowest.toFixed(1)}–${row.highest.toFixed(1)}`,
    row.unit,
    row.below === undefined ? '–' : `< ${String(row.below)}`,
    { reached: 'reached', above: 'ABOVE', 'no limit': '' }[row.verdict],
  ]);
  const tables = [
    ...(ratios.length === 0 ? [] : ['', ...aligned(ratioHead, ratios, (column) => column >= 2 && column <= 7)]),
    ...(figures.length === 0 ? [] : ['', ...aligned(limitHead, figures, (column) => column >= 1 && column <= 3)]),
  ];
  return `${[...facts, ...tables].join('\n')}\n`;
}

function aligned(
  head: readonly string[],
  lines: readonly (readonly string[])[],
  isNumber: (column: number) => boolean,
): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)));
  return [head, ...lines].map((cells) =>
    cells
      .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
