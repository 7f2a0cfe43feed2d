// One thing: what a check finds in a chain and what a repair makes of it; long because each kind of damage is a case.
import {
  appendFileSync,
  chmodSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkChain } from '../../../../core/disk/check/check-chain.ts';
import type { Finding } from '../../../../core/disk/check/finding.ts';
import { repairLinkFiles } from '../../../../core/disk/check/repair-link.ts';
import { commitRedoLog } from '../../../../core/disk/commit/commit.ts';
import type { CommitPoint } from '../../../../core/disk/commit/commit-steps.ts';
import { createBase } from '../../../../core/disk/create/create-base.ts';
import { readLinkHead } from '../../../../core/disk/link-head.ts';
import { lockFile } from '../../../../core/disk/locks/file-lock.ts';
import { contentOf, fingerprintFolder, makeBase, makeLog, mib, writeDisk } from '../../../support/disk-kit.ts';
import { SparseFile } from '../../../support/sparse-file.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

let folder: TempFolder;
let base: string;
beforeEach(async () => {
  folder = makeTempFolder();
  base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: 64 * mib });
  await writeDisk(base, undefined, [
    [0, 1, 20_000],
    [5 * mib, 2, 9000],
    [40 * mib, 3, 9000],
  ]);
});
afterEach(() => {
  folder.remove();
});

const grainSectors = 16;

function short({ kind, severity, canRepair }: Finding): string {
  return `${severity} ${kind}${canRepair ? ' *' : ''}`;
}

async function look(file = base): Promise<string[]> {
  const before = fingerprintFolder(folder.path);
  const { findings } = await checkChain({ file });
  expect(fingerprintFolder(folder.path)).toEqual(before);
  return findings.map(short);
}

/** Damage, and what a check says of it. */
const damages: Record<string, { readonly harm: (file: SparseFile) => void; readonly found: readonly string[] }> = {
  'a grain past the end': {
    harm: (file) => {
      file.setGrain(1, 900_000);
    },
    found: ['error bad-grain *', 'info unused-space'],
  },
  'a grain inside the metadata': {
    harm: (file) => {
      file.setGrain(1, 2);
    },
    found: ['error bad-grain *', 'info unused-space'],
  },
  'two grains in one place': {
    harm: (file) => {
      file.setGrain(7, file.grain(0));
    },
    found: ['error shared-grain *'],
  },
  'a grain that lies over half of another': {
    harm: (file) => {
      file.setGrain(7, file.grain(0) + grainSectors / 2);
    },
    found: ['error shared-grain *'],
  },
  'a table past the end': {
    harm: (file) => {
      file.setTable(1, 900_000);
    },
    found: ['error bad-table *', 'info unused-space', 'info unused-space'],
  },
  'a table inside the header': {
    harm: (file) => {
      file.setTable(1, 1);
    },
    found: ['error bad-table *', 'info unused-space'],
  },
  'two tables in one place': {
    harm: (file) => {
      file.setTable(1, file.table(0));
    },
    found: ['error shared-table *', 'error shared-grain *', 'info unused-space'],
  },
  'a stale free sector': {
    harm: (file) => {
      file.set(28, 77);
    },
    found: ['warning free-sector *'],
  },
  'a changed generation': {
    harm: (file) => {
      file.set(1636, 77);
    },
    found: ['warning saved-generation *'],
  },
  'a file that was not closed': {
    harm: (file) => {
      file.set(8, file.get(8) & ~2);
    },
    found: ['warning unclean *'],
  },
  'a tail of junk': {
    harm: ({ path }) => {
      appendFileSync(path, new Uint8Array(3 * grainSectors * 512).fill(9));
    },
    found: ['warning free-sector *', 'info unused-space *'],
  },
  'a grain that nobody points to': {
    harm: (file) => {
      file.setGrain(0, 0);
    },
    found: ['info unused-space'],
  },
  'a capacity that nothing agrees with': {
    harm: (file) => {
      file.set(1668, 5000);
    },
    found: ['warning header'],
  },
  'a header that can not be': {
    harm: (file) => {
      file.set(16, 3);
    },
    found: ['error header'],
  },
};

describe('checking', () => {
  it('[K1][K2] finds nothing wrong in what the engine has left, and writes nothing', async () => {
    expect(await look()).toEqual([]);
    const log = await makeLog(base);
    await writeDisk(base, log, [[3 * mib, 7, 100_000]]);
    expect(await look(log)).toEqual([]);
    await commitRedoLog({ redo: log });
    expect(await look()).toEqual([]);
  });

  it.each(Object.entries(damages))('[K4] finds %s', async (_name, { harm, found }) => {
    harm(new SparseFile(base));
    const findings = await look();
    expect(findings.filter((text, index) => findings.indexOf(text) === index || text.startsWith('info'))).toEqual(
      expect.arrayContaining([...found]),
    );
    expect(new Set(findings)).toEqual(new Set(found));
  });

  it('[K4] names file, entry and value', async () => {
    new SparseFile(base).setGrain(1, 900_000);
    const { findings } = await checkChain({ file: base });
    expect(findings[0]).toMatchObject({ file: base, field: 'grain table entry', grain: 1, value: '900000' });
    expect(findings[0]?.sentence).toBe(`${base}: grain 1 is 900000, past the end of the file.`);
  });

  it('[K4] looks at every file of every link, and says where a chain ends', async () => {
    const log = await makeLog(base);
    await writeDisk(base, log, [[0, 9, 9000]]);
    const top = await makeLog(log);
    new SparseFile(log).setGrain(0, 900_000);
    new SparseFile(base).setGrain(1, 900_000);
    expect((await checkChain({ file: top })).findings.map(({ file, kind }) => [file, kind])).toEqual(
      expect.arrayContaining([
        [log, 'bad-grain'],
        [base, 'bad-grain'],
      ]),
    );
    rmSync(base);
    expect((await checkChain({ file: top })).findings.map(({ file, kind }) => [file, kind])).toContainEqual([
      log,
      'parent',
    ]);
  });

  it('[K4] finds segments that are missing or belong elsewhere', async () => {
    const big = await makeBase(folder.at('big.vmdk'), { capacityBytes: 4500 * mib });
    const { files } = readLinkHead(big);
    expect(await look(big)).toEqual([]);
    new SparseFile(files[1] as string).set(1648, 2);
    expect(await look(big)).toEqual(['error segment']);
    rmSync(files[2] as string);
    expect(await look(big)).toEqual(['error segment']);
  });

  it('[K4] finds what is left over beside a link', async () => {
    const log = await makeLog(base);
    rmSync(log);
    writeFileSync(`${base}.removing`, '');
    expect(await look()).toEqual(['warning leftover *', 'warning children *']);
  });

  it('waits for nobody who writes', async () => {
    const lock = await lockFile(base, 'writer', { purpose: 'test' });
    await expect(checkChain({ file: base })).rejects.toMatchObject({ code: 'disk.locked' });
    await lock?.release();
  });
});

describe('repairing', () => {
  const keeping = ['two grains in one place', 'a grain that lies over half of another', 'two tables in one place'];

  it.each(keeping)('[K5] %s: both read as before, and the identity stays', async (name) => {
    (damages[name] as (typeof damages)[string]).harm(new SparseFile(base));
    const before = await contentOf(base);
    const { state } = readLinkHead(base);
    const { findings, repaired, kept } = await checkChain({ file: base, repair: true });
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
    expect(repaired.length).toBeGreaterThan(0);
    expect(kept.length).toBeGreaterThan(0);
    expect(await contentOf(base)).toBe(before);
    expect(readLinkHead(base).state).toEqual(state);
    expect((await look()).filter((text) => !text.startsWith('info'))).toEqual([]);
  });

  it.each(['a grain past the end', 'a grain inside the metadata', 'a table past the end'])(
    '[K6] %s: the entry is kept beside the file and cleared, and the content id rises',
    async (name) => {
      (damages[name] as (typeof damages)[string]).harm(new SparseFile(base));
      const { state } = readLinkHead(base);
      const length = statSync(base).size;
      const { findings, kept } = await checkChain({ file: base, repair: true });
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(kept).toHaveLength(1);
      const copy = JSON.parse(readFileSync(kept[0] as string, 'utf8')) as Record<string, unknown>;
      expect([...(copy['grains'] as unknown[]), ...(copy['directoryEntries'] as unknown[])]).toEqual([
        [1, name === 'a grain inside the metadata' ? 2 : 900_000],
      ]);
      const now = readLinkHead(base).state;
      expect(now.record?.contentId).not.toBe(state.record?.contentId);
      expect(now.generation).toBeGreaterThan(state.generation);
      await contentOf(base);
      // What a lost table pointed to may still be wanted: nothing is cut off, now or by the next repair.
      await checkChain({ file: base, repair: true });
      expect(statSync(base).size).toBe(length);
    },
  );

  it('[K6] clears nothing in a parent, and names who must be relinked over a leaf', async () => {
    const log = await makeLog(base);
    new SparseFile(base).setGrain(1, 900_000);
    const { findings } = await checkChain({ file: log, repair: true });
    expect(findings.map(short)).toContain('error bad-grain');
    const { findings: own } = await checkChain({ file: base, repair: true });
    expect(own.filter(({ severity }) => severity === 'warning').map(({ file, kind }) => [file, kind])).toEqual([
      [log, 'parent'],
    ]);
  });

  it('[S5] refuses a damaged disk that is protected, and closes no books of one', async () => {
    chmodSync(base, 0o444);
    expect((await checkChain({ file: base, repair: true })).findings).toEqual([]);
    chmodSync(base, 0o644);
    new SparseFile(base).setGrain(1, 900_000);
    chmodSync(base, 0o444);
    const before = fingerprintFolder(folder.path);
    await expect(checkChain({ file: base, repair: true })).rejects.toMatchObject({
      code: 'disk.read-only',
      details: { file: base },
    });
    expect(fingerprintFolder(folder.path)).toEqual(before);
  });

  it('[K5] closes the books and cuts off what nobody points to', async () => {
    const length = statSync(base).size;
    const before = await contentOf(base);
    appendFileSync(base, new Uint8Array(100_000).fill(9));
    new SparseFile(base).set(8, new SparseFile(base).get(8) & ~2);
    expect((await checkChain({ file: base, repair: true })).findings).toEqual([]);
    expect(statSync(base).size).toBe(length);
    expect(await contentOf(base)).toBe(before);
  });

  it('[K5] sweeps what is left over beside a link', async () => {
    const log = await makeLog(base);
    rmSync(log);
    const { repaired } = await checkChain({ file: base, repair: true });
    expect(repaired.map(short)).toEqual(['warning children *']);
    expect(readdirSync(folder.path)).toEqual(['disk.vmdk']);
  });

  /** A log whose commit stopped when everything was copied. */
  async function stoppedCommit(): Promise<string> {
    const log = await makeLog(base);
    await writeDisk(base, log, [
      [0, 9, 9000],
      [mib, 8, 9000],
    ]);
    const stop = new Error('stopped');
    const reached = (point: CommitPoint) => {
      if (point === 'copied') throw stop;
    };
    await expect(commitRedoLog({ redo: log }, { reached })).rejects.toBe(stop);
    return log;
  }

  it('[K8] refuses a disk into which a commit is unfinished, and names the log to commit', async () => {
    const log = await stoppedCommit();
    expect((await checkChain({ file: log })).findings.map(short)).toContain('warning commit');
    const before = readFileSync(base);
    const refused = { code: 'disk.commit-unfinished', details: { parent: base, child: log } };
    await expect(checkChain({ file: base, repair: true })).rejects.toMatchObject(refused);
    expect(readFileSync(base).equals(before)).toBe(true);
    await commitRedoLog({ redo: log });
    expect((await checkChain({ file: base, repair: true })).findings).toEqual([]);
  });

  it('[K8] refuses one whose commit has not begun to write and can’t be taken back now', async () => {
    const log = await makeLog(base, { directory: folder.path });
    const stop = new Error('stopped');
    const reached = (point: CommitPoint) => {
      if (point === 'child-recorded') throw stop;
    };
    await expect(commitRedoLog({ redo: log }, { reached })).rejects.toBe(stop);
    renameSync(log, folder.at('away'));
    await expect(checkChain({ file: base, repair: true })).rejects.toMatchObject({ code: 'disk.commit-unfinished' });
  });

  it('[K6] [C11] a log that loses a grain between a crash and the resume gets a new content id', async () => {
    const log = await stoppedCommit();
    const file = new SparseFile(log);
    const [before, lost] = [readLinkHead(log).state.record?.contentId, file.grain(0)];
    file.setGrain(0, 900_000);
    const { repaired } = await checkChain({ file: log, repair: true });
    expect(repaired.map(short)).toContain('error bad-grain *');
    expect([lost > 0, file.grain(0)]).toEqual([true, 0]);
    expect(readLinkHead(log).state.record?.contentId).not.toBe(before);
    const content = await contentOf(log);
    await writeDisk(base, log, [[2 * mib, 7, 5000]]);
    const grown = await contentOf(log);
    expect(grown).not.toBe(content);
    await commitRedoLog({ redo: log });
    expect(await contentOf(base)).toBe(grown);
  });

  it('[L3] writes nothing once its lock is gone', async () => {
    const file = new SparseFile(base);
    file.setGrain(7, file.grain(0));
    const before = readFileSync(base);
    const rights = { canKeep: true, canChange: true, canCut: true };
    for (let nth = 1; nth <= 2; nth++) {
      let calls = 0;
      const checkRight = () => {
        if (++calls >= nth) throw new Error('the lock is gone');
      };
      await expect(repairLinkFiles({ files: [base], rights, checkRight }, () => undefined)).rejects.toThrow('gone');
      expect(readFileSync(base).equals(before)).toBe(true);
    }
  });

  it('[B4] a file that was cut short since it was closed is not written before it is repaired', async () => {
    // What it grew by would lie where lost entries lead, and be read there.
    truncateSync(base, statSync(base).size - 16_384);
    const before = readFileSync(base);
    await expect(writeDisk(base, undefined, [[20 * mib, 9, 40_000]])).rejects.toMatchObject({
      code: 'disk.corrupt',
      details: { file: base, field: 'freeSector' },
    });
    expect(readFileSync(base).equals(before)).toBe(true);
    const log = await makeLog(base);
    await writeDisk(base, log, [[20 * mib, 9, 40_000]]);
    rmSync(log);
    await checkChain({ file: base, repair: true });
    await writeDisk(base, undefined, [[20 * mib, 9, 40_000]]);
    await contentOf(base);
  });

  it('[B4] a file without a record of its own is not written where entries lead past its end', async () => {
    const esx = folder.at('esx.vmdk');
    await createBase({ file: esx, capacityBytes: 64 * mib, split: false, bus: 'scsi', dialect: 'esx' });
    await writeDisk(esx, undefined, [[0, 1, 200_000]]);
    truncateSync(esx, statSync(esx).size - 16_384);
    const before = fingerprintFolder(folder.path);
    await expect(writeDisk(esx, undefined, [[20 * mib, 9, 40_000]])).rejects.toMatchObject({
      code: 'disk.corrupt',
      details: { file: esx },
    });
    expect(fingerprintFolder(folder.path)).toEqual(before);
    await checkChain({ file: esx, repair: true });
    await writeDisk(esx, undefined, [[20 * mib, 9, 40_000]]);
    await contentOf(esx);
  });

  it('[B4] [K6] a parent that was cut short is not written either after a repair of what lies over it', async () => {
    const log = await makeLog(base);
    await writeDisk(base, log, [[20 * mib, 9, 40_000]]);
    truncateSync(base, statSync(base).size - 16_384);
    const { findings } = await checkChain({ file: log, repair: true });
    expect(findings.map(short)).toContain('error bad-grain');
    const before = readFileSync(base);
    await expect(commitRedoLog({ redo: log })).rejects.toMatchObject({ code: 'disk.corrupt', details: { file: base } });
    expect(readFileSync(base).equals(before)).toBe(true);
  });

  it('[K5] [K6] a parent gets no copies where an entry leads that is left as it is', async () => {
    const log = await makeLog(base);
    const file = new SparseFile(base);
    file.setGrain(7, file.grain(0));
    file.setGrain(900, Math.ceil(statSync(base).size / 512 / grainSectors) * grainSectors);
    expect(await look()).toContain('error bad-grain *');
    await checkChain({ file: log, repair: true });
    // Nothing was ever written there: no repair may give it bytes.
    expect(await look()).toContain('error bad-grain *');
    const { findings } = await checkChain({ file: base, repair: true });
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(file.grain(900)).toBe(0);
  });

  it('[K6] an entry that leads where tables will be copied to is cleared all the same', async () => {
    const file = new SparseFile(base);
    file.setTable(1, file.table(0));
    file.setGrain(900, Math.ceil(statSync(base).size / 512 / grainSectors) * grainSectors);
    const { findings, kept } = await checkChain({ file: base, repair: true });
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(kept.length).toBeGreaterThan(1);
    expect([file.grain(900), file.grain(4096 + 900)]).toEqual([0, 0]);
  });

  it('[K4] a file cut short', async () => {
    truncateSync(base, statSync(base).size - 4096);
    expect(new Set(await look())).toEqual(new Set(['error bad-grain *', 'warning free-sector *']));
  });
});
