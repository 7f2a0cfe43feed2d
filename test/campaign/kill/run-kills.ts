import { setTimeout as delay } from 'node:timers/promises';
import { isThere } from '../../../core/base/is-there.ts';
import { checkChain } from '../../../core/disk/check/check-chain.ts';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { openDiskSession, type SessionRequest } from '../../../core/disk/session/session.ts';
import { settleChain } from '../../../core/disk/commit/settle.ts';
import { judgeSectors, SectorHistory, stamped } from '../../support/sector-history.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { makeSmallBase } from '../../support/small-disk.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';
import type { PartOptions, PartResult } from '../campaign-part.ts';
import { Command } from './command.ts';
import { loadConnection } from './nbd-load.ts';

const spans = [4096, 4000];
const sectors = spans.reduce((sum, span) => sum + span, 0);

/**
 * Real processes that are killed with SIGKILL: `disk serve` under a load over NBD, and `disk commit`. The page cache
 * outlives them, so this proves recovery and what is left of processes (locks, sockets, journals), not the order of
 * writes: that is for the faults.
 */
export async function runKills({ seed, count, untilMs, say }: PartOptions): Promise<PartResult> {
  const tally = { serve: 0, commit: 0, late: 0, wrong: 0, repair: 0, siblings: 0 };
  const failures: string[] = [];
  const kills = () => tally.serve + tally.commit;
  for (let round = 0; kills() < count && Date.now() < untilMs && failures.length < 10; round++) {
    const roundSeed = seed + round;
    using folder = makeTempFolder();
    const killRound = new KillRound(folder, new SeededRandom(roundSeed), tally);
    try {
      const wrong = await killRound.run(Math.min(8, count - kills()), untilMs);
      if (wrong === undefined) continue;
      if (wrong.startsWith('sibling')) tally.siblings++;
      tally.wrong++;
      failures.push(`round of seed ${String(roundSeed)}: ${wrong}`);
    } catch (error) {
      tally.repair++;
      failures.push(`round of seed ${String(roundSeed)}: ${String((error as Error).stack)}`);
    }
  }
  say(
    `  ${String(tally.serve)} times disk serve, ${String(tally.commit)} times disk commit (${String(tally.late)} came too late)`,
  );
  return {
    done: kills(),
    failures,
    summary: `kills: ${String(kills())} processes killed, ${String(tally.wrong)} with wrong bytes, ${String(tally.repair)} chains that need repair by hand, ${String(tally.siblings)} siblings changed by a commit that preserves`,
  };
}

interface Tally {
  serve: number;
  commit: number;
  late: number;
}

/** A family of disks: a base, a sibling that must never change, and a log that is written and committed. */
class KillRound {
  private lastStamp = 0;
  private base = '';
  private child = '';
  private sibling = '';
  private baseHistory = new SectorHistory(sectors);
  private childHistory = new SectorHistory(sectors);
  private siblingHistory = new SectorHistory(sectors);

  constructor(
    private readonly folder: TempFolder,
    private readonly random: SeededRandom,
    private readonly tally: Tally,
  ) {}

  /** Returns what is wrong, or `undefined`. */
  async run(kills: number, untilMs: number): Promise<string | undefined> {
    await this.makeFamily();
    for (let left = kills; left > 0 && Date.now() < untilMs;) {
      for (const serves = 1 + this.random.below(3); left > 0;) {
        await this.killServe();
        left--;
        const wrong = await this.judge();
        if (wrong !== undefined) return wrong;
        if (this.random.below(serves + 1) === 0) break;
      }
      if (left === 0) break;
      if (await this.killCommit()) left--;
      const wrong = (await this.judge()) ?? (await this.finishCommit());
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  private context(): { settingsDirectory: string } {
    return { settingsDirectory: this.folder.at('home', 'settings') };
  }

  private async makeFamily(): Promise<void> {
    const context = this.context();
    this.base = makeSmallBase(this.folder.path, 'disk.vmdk', spans);
    await this.fill({ file: this.base, mode: 'persistent', context }, this.baseHistory, 500);
    this.sibling = (await createRedoLog({ parent: this.base, randomSuffix: true, context })).file;
    this.siblingHistory = this.baseHistory.copy();
    const request = { file: this.base, mode: 'undoable', redo: this.sibling, context } as const;
    await this.fill(request, this.siblingHistory, 2300);
    await this.makeChild();
  }

  private async makeChild(): Promise<void> {
    this.child = (await createRedoLog({ parent: this.base, randomSuffix: true, context: this.context() })).file;
    this.childHistory = this.baseHistory.copy();
  }

  private async fill(request: SessionRequest, history: SectorHistory, first: number): Promise<void> {
    const session = await openDiskSession(request);
    const stamp = ++this.lastStamp;
    await session.device.write(first * 512, [stamped(2000, stamp)]);
    history.write(first, 2000, stamp);
    await session.close();
    history.beginFlush()();
  }

  private async killServe(): Promise<void> {
    const socket = this.folder.at('nbd');
    const server = new Command(
      ['disk', 'serve', this.base, '--mode', 'undoable', '--redo', this.child, '--socket', socket],
      this.folder.at('home'),
    );
    await server.says('ready');
    const nextStamp = () => ++this.lastStamp;
    const half = Math.floor(sectors / 2);
    const loads = [
      { first: 0, count: half },
      { first: half, count: sectors - half },
    ].map((own) => loadConnection(socket, this.childHistory, own, nextStamp, this.random));
    await delay(5 + this.random.below(150));
    await server.kill();
    this.tally.serve++;
    await Promise.all(loads);
  }

  /** Says whether it was killed in time. */
  private async killCommit(): Promise<boolean> {
    const command = new Command(['disk', 'commit', this.child, '--preserve-dependents'], this.folder.at('home'));
    await Promise.race([delay(150 + this.random.below(600)), command.ended]);
    const wasInTime = await command.kill();
    if (wasInTime) this.tally.commit++;
    else this.tally.late++;
    if (!wasInTime && command.exitCode !== 0) throw new Error(`disk commit: ${command.errors}`);
    return wasInTime;
  }

  /** Opens everything as the next power-on would, and checks it. */
  private async judge(): Promise<string | undefined> {
    const context = this.context();
    await settleChain(isThere(this.child) ? this.child : this.base, context);
    if (isThere(this.child)) {
      const wrong = await this.judgeOne('child', { file: this.base, mode: 'undoable', redo: this.child, context });
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  private async judgeOne(name: string, request: SessionRequest): Promise<string | undefined> {
    const history = { child: this.childHistory, sibling: this.siblingHistory }[name] ?? this.baseHistory;
    const session = await openDiskSession(request);
    try {
      const wrong = await judgeSectors(session.device, history);
      if (wrong !== undefined) return `${name}: ${wrong}`;
    } finally {
      await session.close();
    }
    const { findings } = await checkChain({ file: session.redo ?? session.file, context: this.context() });
    const finding = findings.find(({ severity }) => severity === 'error');
    return finding === undefined ? undefined : `${name}: ${finding.sentence}`;
  }

  /** By the same call again; then the base reads as the log did, and the sibling as ever. */
  private async finishCommit(): Promise<string | undefined> {
    const context = this.context();
    if (isThere(this.child)) await commitRedoLog({ redo: this.child, dependents: 'preserve', context });
    if (isThere(this.child)) return 'child: it is still there after its commit';
    this.baseHistory = this.childHistory;
    const wrong =
      (await this.judgeOne('base', { file: this.base, mode: 'persistent', context })) ??
      (await this.judgeOne('sibling', { file: this.base, mode: 'undoable', redo: this.sibling, context }));
    if (wrong !== undefined) return wrong;
    await this.makeChild();
    return undefined;
  }
}
