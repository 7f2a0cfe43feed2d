import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { Disposables } from '../../core/base/disposables.ts';
import { GIB, MIB } from '../../core/base/units.ts';
import { makeDataSet, type DataSet } from './data-set.ts';
import type { Sample } from './measure.ts';
import { serveOurs, serveQcow2 } from './nbd-servers.ts';
import { describeMachine, renderTable, summarise } from './report.ts';
import { benchRows, type Row, type ServedSet } from './rows.ts';

/**
 * `npm run bench`: the same work on a disk of ours and on a qcow2 chain of the same content, side by side.
 *
 * Rounds are interleaved: every round measures every row once, ours and the peer right behind each other,
 * so that what else the machine does falls on both. Options: `--quick` (a smaller disk, fewer and shorter
 * samples), `--rounds N`, `--only TEXT` (rows whose work contains it), `--dir DIR` (where the disks are
 * made), `--json` (the report as JSON instead of the table), `--out FILE` (the JSON into a file as well).
 */
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string', default: '' },
    dir: { type: 'string', default: tmpdir() },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});

const sizeBytes = values.quick ? 512 * MIB : 4 * GIB;
const rounds = Number(values.rounds ?? (values.quick ? 3 : 5));
const secondsPerSample = values.quick ? 1 : 3;
const requestsPerSample = values.quick ? 40_000 : 200_000;
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

const closing = new Disposables();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void closing.close().finally(() => process.exit(1));
  });
}

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
  const rows = benchRows().filter((row) => row.work.includes(values.only));
  const depths = new Set(rows.flatMap((row) => (row.depth === 64 ? [1, 64] : row.depth === 2 ? [] : [row.depth])));
  const served = new Map<number, ServedSet>();
  for (const depth of depths) served.set(depth, await prepare(folder, depth));

  say('making a base for fresh logs');
  const context = {
    folder,
    base: await makeDataSet(join(folder, 'base'), 1, sizeBytes),
    secondsPerSample,
    requestsPerSample,
    served: (depth: number): ServedSet => {
      const found = served.get(depth);
      if (found === undefined) throw new Error(`no disk of depth ${String(depth)}`);
      return found;
    },
  };
  const samples = new Map<Row, { ours: Sample; peer: Sample }[]>(rows.map((row) => [row, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const row of rows) {
      say(`round ${String(round)} of ${String(rounds)}: ${row.work}, ${String(row.depth)} links`);
      samples.get(row)?.push(await row.measure(context));
    }
  }
  const report = { machine, rows: rows.map((row) => summarise(row, samples.get(row) ?? [])) };
  const json = `${JSON.stringify(report, undefined, 2)}\n`;
  if (values.out !== undefined) writeFileSync(values.out, json);
  process.stdout.write(values.json ? json : renderTable(report));
}

/** Makes the disk twice, starts both servers, and proves that they show the same content (which also warms the page cache). */
async function prepare(folder: string, depth: number): Promise<ServedSet> {
  say(`making a disk of ${String(sizeBytes / MIB)} MiB with ${String(depth)} links, ours and qcow2`);
  const set: DataSet = await makeDataSet(join(folder, `depth-${String(depth)}`), depth, sizeBytes);
  const ours = await serveOurs(join(folder, `ours-${String(depth)}.sock`), set.redoubt);
  closing.add(() => ours.stop());
  const peer = await serveQcow2(join(folder, `peer-${String(depth)}.sock`), set.qcow2);
  closing.add(() => peer.stop());
  await promisify(execFile)('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', ours.uri, peer.uri]);
  return { set, ours, peer };
}
