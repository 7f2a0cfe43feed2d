import { closeSync, copyFileSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RedoubtError } from '../../../core/base/redoubt-error.ts';
import { checkChain } from '../../../core/disk/check/check-chain.ts';
import { checkLinkFiles } from '../../../core/disk/check/check-link.ts';
import { Findings } from '../../../core/disk/check/finding.ts';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { describeRedo } from '../../../core/disk/describe/describe-redo.ts';
import { discardRedoLog } from '../../../core/disk/discard.ts';
import { forecastCommit } from '../../../core/disk/commit/forecast-commit.ts';
import { identifyFile } from '../../../core/disk/describe/identify.ts';
import { inspectChain } from '../../../core/disk/describe/inspect.ts';
import { dialects } from '../../../core/disk/formats/cowd/dialect.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { makeBase, makeLog, mib, read, inSession, write, writeDisk } from '../../support/disk-kit.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { SparseFile } from '../../support/sparse-file.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { makeLink, openDevice } from '../../support/test-chain.ts';

const rounds = Number(process.env['REDOUBT_DAMAGE_ROUNDS'] ?? 60);
/** Words of a header that say where and how much, and where the directory begins. */
const places = [
  0, 4, 8, 12, 16, 20, 24, 28, 32, 1056, 1060, 1124, 1133, 1640, 1648, 1652, 1668, 1676, 2048, 2052, 2560,
];
const values = [0, 1, 2, 3, 5, 7, 8, 16, 512, 4096, 65535, 65536, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

function damage(file: string, random: SeededRandom): string {
  const offset = random.below(3) > 0 ? random.pick(places) : random.below(4096);
  const value = random.below(3) > 0 ? random.pick(values) : random.below(2 ** 32);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  const fd = openSync(file, 'r+');
  writeSync(fd, bytes, 0, 4, offset);
  closeSync(fd);
  return `${file} at ${String(offset)}: ${String(value)}`;
}

describe('damaged files', () => {
  it(`[B1] are refused with a code, or work: ${String(rounds)} of them`, async () => {
    using folder = makeTempFolder();
    mkdirSync(folder.at('good'));
    const base = await makeBase(folder.at('good', 'disk.vmdk'), { capacityBytes: 40 * mib });
    await writeDisk(base, undefined, [[0, 1, mib]]);
    const log = await makeLog(base);
    await writeDisk(base, log, [[mib - 5000, 2, 10_000]]);
    const names = readdirSync(folder.at('good')).filter((name) => !name.endsWith('.children'));
    const random = new SeededRandom(7);
    for (let round = 0; round < rounds; round++) {
      const at = (name: string) => folder.at('bad', name);
      mkdirSync(folder.at('bad'));
      for (const name of names) copyFileSync(folder.at('good', name), at(name));
      const done = [damage(at(random.pick(names)), random)];
      if (random.below(2) === 0) done.push(damage(at(random.pick(names)), random));
      const [file, redo] = [at('disk.vmdk'), at('disk.vmdk.REDO')];
      const acts: (() => unknown)[] = [
        () => identifyFile(redo),
        () => inspectChain(redo),
        () => describeRedo(redo),
        () => forecastCommit(redo),
        () => createRedoLog({ parent: redo, randomSuffix: false }).then((made) => discardRedoLog({ redo: made.file })),
        () =>
          inSession({ file, mode: 'undoable', redo }, async (device) => {
            await read(device, 0, Math.min(device.sizeBytes, 2 * mib));
            await write(device, 12_345, 3, 20_000);
            await device.writeZeroes(0, 4096);
            await device.flush();
          }),
        () => commitRedoLog({ redo }),
        () => discardRedoLog({ redo, force: true }),
      ];
      for (const [number, act] of acts.entries()) {
        try {
          await act();
        } catch (error) {
          const code = error instanceof RedoubtError ? String(error.code) : `raw ${String((error as Error).stack)}`;
          expect(code, `${done.join(', ')}; act ${String(number)}`).toMatch(/^disk\./);
        }
      }
      rmSync(folder.at('bad'), { recursive: true });
    }
  }, 120_000);
});

describe('a disk that has lost its magic', () => {
  it.each(['disk.vmdk', 'disk.vmdk.REDO'])('[B1] is not taken for plain data: %s', async (name) => {
    using folder = makeTempFolder();
    const base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: mib });
    await makeLog(base);
    const fd = openSync(folder.at(name), 'r+');
    writeSync(fd, 'XXXX', 0);
    closeSync(fd);
    const refusal = { code: 'disk.not-a-disk' };
    await expect(inspectChain(folder.at(name))).rejects.toMatchObject(refusal);
    await expect(checkChain({ file: folder.at(name) })).rejects.toMatchObject(refusal);
    await expect(openDiskSession({ file: folder.at(name), mode: 'persistent' })).rejects.toMatchObject(refusal);
    await expect(createRedoLog({ parent: folder.at(name), randomSuffix: true })).rejects.toMatchObject(refusal);
  });
});

it('[B1] a version that is not known is named', async () => {
  using folder = makeTempFolder();
  const base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: mib });
  const fd = openSync(base, 'r+');
  writeSync(fd, Buffer.from([7]), 0, 1, 4);
  closeSync(fd);
  await expect(inspectChain(base)).rejects.toMatchObject({
    code: 'disk.unsupported',
    message: expect.stringContaining(`${base} has version 7 `) as string,
  });
});

it('[K4] an entry of the directory behind those of the file’s own span means nothing, whatever it says', async () => {
  using folder = makeTempFolder();
  const spans = [262_144, 65_536];
  const base = makeLink(folder, 'base', spans, { dialect: dialects.ws3 });
  const log = makeLink(folder, 'log', spans, { dialect: dialects.ws3, parent: base });
  const first = new SparseFile(log.files[0] as string, 512);
  expect([first.table(3) > 0, first.table(4)]).toEqual([true, 0]);
  first.setTable(4, 900_000);
  const rights = { canKeep: true, canChange: true, canCut: true };
  const findings = new Findings();
  const parent = { capacityBytes: 327_680 * 512, spansBytes: spans.map((span) => span * 512) };
  await checkLinkFiles({ files: log.files, parent, rights }, findings);
  expect(findings.all()).toEqual([]);
  const device = openDevice([log, base]);
  await write(device, 0, 7);
  expect((await read(device, 0, 1))[0]).toBe(7);
  await device.close();
});
