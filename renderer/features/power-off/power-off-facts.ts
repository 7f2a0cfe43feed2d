import type { CommitDependents, Decision, PowerOffQuestion } from '../../../core/api/machines.ts';

export type QuestionDisk = PowerOffQuestion['disks'][number];

/** What is said of a question with all its disks together. */
export interface PowerOffFacts {
  readonly changedBytes: number;
  /** Nothing was ever written into any of the logs. */
  readonly isEmpty: boolean;
  /** When the oldest of the sessions began; milliseconds since 1970. */
  readonly since: number;
  readonly sessions: number;
  /** Everyone else who hangs from a parent that Commit would write into. */
  readonly dependents: QuestionDisk['dependents'];
  /** The disk whose commit is impossible for another reason than others hanging from its parent. */
  readonly blocked: QuestionDisk | undefined;
}

export function powerOffFacts(question: PowerOffQuestion): PowerOffFacts {
  const { disks } = question;
  return {
    changedBytes: disks.reduce((sum, disk) => sum + disk.changedBytes, 0),
    isEmpty: disks.every((disk) => disk.isEmpty),
    since: Math.min(...disks.map((disk) => disk.since)),
    sessions: Math.max(...disks.map((disk) => disk.sessions)),
    dependents: disks.flatMap((disk) => disk.dependents),
    blocked: disks.find((disk) => commitBar(disk) === 'impossible' || commitBar(disk) === 'no-space'),
  };
}

/**
 * What stands against committing one disk. `dependents` leaves the button enabled: it opens the dialog
 * that names them. The others disable it, with their sentence beside it.
 */
export function commitBar(disk: QuestionDisk): 'none' | 'dependents' | 'no-space' | 'impossible' {
  if (disk.dependents.length > 0 || disk.commitProblem?.code === 'disk.has-dependents') return 'dependents';
  if (disk.commitProblem?.code === 'disk.no-space' || disk.needBytes > disk.freeBytes) return 'no-space';
  return disk.commitProblem === undefined ? 'none' : 'impossible';
}

/** The limits above which Discard wants to be pressed twice; 0 switches a limit off. */
export interface DiscardLimits {
  readonly discardAgainAboveBytes: number;
  readonly discardAgainAfterMs: number;
}

/** Whether this discard loses so much that one press is too easy. `now` in milliseconds since 1970. */
export function needsSecondPress(
  facts: Pick<PowerOffFacts, 'changedBytes' | 'since' | 'isEmpty'>,
  limits: DiscardLimits,
  now: number,
): boolean {
  if (facts.isEmpty) return false;
  const isMuch = limits.discardAgainAboveBytes > 0 && facts.changedBytes > limits.discardAgainAboveBytes;
  const isLong = limits.discardAgainAfterMs > 0 && now - facts.since > limits.discardAgainAfterMs;
  return isMuch || isLong;
}

export interface DiskAnswer {
  slot: string;
  answer: Decision;
  /** For a commit that others stand in the way of. */
  dependents?: CommitDependents;
  /** For a commit: first file of a new disk that takes the content instead. */
  copyTo?: string;
}

/** Commit for every disk; `ways` say by slot what becomes of the others that hang from its parent. */
export function commitForAll(
  question: PowerOffQuestion,
  ways: Readonly<Record<string, CommitDependents>>,
): { answers: DiskAnswer[] } | { ask: QuestionDisk } {
  const ask = question.disks.find((disk) => commitBar(disk) === 'dependents' && ways[disk.slot] === undefined);
  if (ask !== undefined) return { ask };
  return {
    answers: question.disks.map(({ slot }) => {
      const dependents = ways[slot];
      return { slot, answer: 'commit', ...(dependents === undefined ? {} : { dependents }) };
    }),
  };
}

/** The same answer for every disk of a question. */
export function answerForAll(question: PowerOffQuestion, answer: Decision): DiskAnswer[] {
  return question.disks.map(({ slot }) => ({ slot, answer }));
}
