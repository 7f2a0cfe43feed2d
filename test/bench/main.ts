import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { Disposables } from '../../core/base/disposables.ts';
import { GIB, MIB } from '../../core/base/units.ts';
import { makeDataSet } from './data-set.ts';
import type { Pair } from './measure.ts';
import { serveOurs, serveQcow2, type Replies } from './nbd-servers.ts';
import { describeMachine, renderTable, summariseLimit, summariseRatio } from './report.ts';
import { commitRows } from './rows/commits.ts';
import { memoryRows } from './rows/memory.ts';
import { openingRows } from './rows/opening.ts';
import { readRows } from './rows/reads.ts';
import type { BenchContext, LimitRow, RatioRow, Row, ServedSet } from './rows/row.ts';
import { writeRows } from './rows/writes.ts';

/**
 * `npm run bench`: the same work on a disk of ours and on a qcow2 chain of the same content, side by side,
 * and what has a limit of its own.
 *
 * Rounds are interleaved: every round measures every row, ours and the peer right behind each other, once or (where
 * servers go on and files lie in the cache) in several short pairs, so that what else the machine does falls on both.
 * SIGTERM ends it after the present row, with a report of what there is.
 *
 * Options: `--quick` (smaller disks, fewer and shorter samples), `--rounds N`, `--only TEXT` (rows whose work contains
 * it), `--bars` (only rows with a bar or a limit), `--dir DIR` (where the disks are made), `--json` (the report as JSON
 * instead of the table), `--out FILE` (the JSON into a file as well).
 */
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string', default: '' },
    bars: { type: 'boolean', default: false },
    dir: { type: 'string', default: tmpdir() },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});

const sizeBytes = values.quick ? 512 * MIB : 4 * GIB;
const rounds = Number(values.rounds ?? (values.quick ? 3 : 5));
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

const closing = new Disposables();
let isAskedToEnd = false;
process.once('SIGTERM', () => {
  isAskedToEnd = true;
});
process.once('SIGINT', () => {
  void closing.close().finally(() => process.exit(1));
});

try {
  await bench();
} finally {
  await closing.close();
}

async function bench(): Promise<void> {
  // Before the disks are made, which is load enough.
  const machine = describeMachine();
  const folder = mkdtempSync(join(values.dir, 'redoubt-bench-'));
  closing.add(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  // What logs approve as their parent is remembered with the settings: these are the bench's own.
  process.env['REDOUBT_HOME'] = join(folder, 'home');
  const context = makeContext(folder);
  const isWanted = (row: Row) =>
    row.work.includes(values.only) && (!values.bars || (row.kind === 'ratio' ? row.bar : row.below) !== undefined);
  const ratioRows = [...readRows(), ...writeRows(), ...commitRows()].filter(isWanted);
  const limitRows = [...openingRows(), ...memoryRows()].filter(isWanted);
  const pairs = new Map<RatioRow, Pair[]>(ratioRows.map((row) => [row, []]));
  const figures = new Map<LimitRow, number[]>(limitRows.map((row) => [row, []]));
  for (let round = 1; round <= rounds; round++) {
    const announce = ({ work, depth }: Row) => {
      say(`round ${String(round)} of ${String(rounds)}: ${work}, ${String(depth)} links`);
    };
    for (const [row, samples] of pairs) {
      if (isAskedToEnd) break;
      announce(row);
      samples.push(...(await row.measure(context)));
    }
    for (const [row, samples] of figures) {
      if (isAskedToEnd) break;
      announce(row);
      samples.push(await row.measure(context));
    }
  }
  const isMeasured = ([, samples]: readonly [unknown, readonly unknown[]]) => samples.length > 0;
  const report = {
    machine,
    rows: [...pairs].filter(isMeasured).map(([row, samples]) => summariseRatio(row, samples)),
    limits: [...figures].filter(isMeasured).map(([row, samples]) => summariseLimit(row, samples)),
  };
  const json = `${JSON.stringify(report, undefined, 2)}\n`;
  if (values.out !== undefined) writeFileSync(values.out, json);
  process.stdout.write(values.json ? json : renderTable(report));
}

function makeContext(folder: string): BenchContext {
  const made = new Map<string, Promise<unknown>>();
  const once: BenchContext['once'] = <T>(
    name: string,
    make: (own: string) => Promise<{ value: T; close?: () => Promise<void> }>,
  ): Promise<T> => {
    const before = made.get(name) as Promise<T> | undefined;
    if (before !== undefined) return before;
    const making = (async () => {
      say(`making the disks of "${name}"`);
      const own = join(folder, name);
      mkdirSync(own, { recursive: true });
      const { value, close } = await make(own);
      if (close !== undefined) closing.add(close);
      return value;
    })();
    made.set(name, making);
    return making;
  };
  return {
    folder,
    isQuick: values.quick,
    longSample: { rampSeconds: 1, seconds: values.quick ? 1 : 3 },
    shortSample: { rampSeconds: 0.5, seconds: values.quick ? 0.5 : 1 },
    shortRequests: values.quick ? 20_000 : 100_000,
    shortPairs: values.quick ? 2 : 4,
    once,
    base: () => once('base', async (own) => ({ value: await makeDataSet(own, 1, sizeBytes) })),
    served: (depth, replies = 'simple') =>
      once(`depth-${String(depth)}-${replies}`, (own) => prepare(own, depth, replies)),
  };
}

/** Makes the disk twice, starts both servers, and proves that they show the same content (which also warms the page cache). */
async function prepare(
  folder: string,
  depth: number,
  replies: Replies,
): Promise<{ value: ServedSet; close: () => Promise<void> }> {
  const set = await makeDataSet(folder, depth, sizeBytes);
  const ours = await serveOurs(join(folder, 'ours.sock'), set.redoubt, { replies });
  const peer = await serveQcow2(join(folder, 'peer.sock'), set.qcow2);
  await promisify(execFile)('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', ours.uri, peer.uri]);
  const close = async () => {
    await ours.stop();
    await peer.stop();
  };
  return { value: { set, ours, peer }, close };
}
