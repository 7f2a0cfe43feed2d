import { AsyncLocalStorage } from 'node:async_hooks';
import { SeededRandom } from '../seeded-random.ts';
import { noFaults, type FaultPlan, type HostCall, type Trouble } from './host-faults.ts';
import { StoredDisk, type Inode } from './stored-disk.ts';
import { VirtualTime } from './virtual-time.ts';

/** The folder that is in memory. Everything else is the real host's. */
export const memoryRoot = '/redoubt-memory';

/** One run of a process, from its start to its end, whichever way that comes. */
export class Life {
  /** Resolves when it is killed. */
  readonly ended: Promise<void>;
  isOver = false;
  callCount = 0;
  readonly name: string;
  faults: FaultPlan;
  private tellEnd: () => void = () => undefined;

  constructor(name: string, faults: FaultPlan) {
    this.name = name;
    this.faults = faults;
    this.ended = new Promise((resolve) => {
      this.tellEnd = resolve;
    });
  }

  end(): void {
    this.isOver = true;
    this.tellEnd();
  }
}

/** Thrown at whoever is still at work when its process has ended. It never reaches a program that lives. */
export class LifeEnded extends Error {
  readonly code = 'EIO';

  constructor() {
    super('the process has ended');
  }
}

/**
 * A host of its own for the engine under test: a disk that forgets, a clock that can be set, processes that
 * can be killed. The engine is the real one and knows nothing of it: `node:fs`, the clock and the random
 * numbers are replaced below it while a life runs (install-host.ts).
 *
 * Whoever runs in `run` is a process. `kill` ends it where it stands: nothing it does afterwards reaches
 * the disk, and its timers never fire. `losePower` ends all processes and drops what was not synced.
 */
export class MemoryHost {
  disk = new StoredDisk();
  readonly time = new VirtualTime();
  readonly random: SeededRandom;
  /** Of the file system; ENOSPC beyond. */
  capacityBytes = 1e12;
  private readonly lives = new Set<Life>();
  /** Where calls are recorded, if they are wanted. */
  trace: HostCall[] | undefined;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  /** A process that nobody has killed yet. */
  startLife(faults: FaultPlan = noFaults, name = 'process'): Life {
    const life = new Life(name, faults);
    this.lives.add(life);
    return life;
  }

  /**
   * Lets a process do something; what it leaves open stays open until its end. Resolves with `undefined` if it
   * is killed meanwhile, whatever becomes of its work.
   */
  async runIn<T>(life: Life, act: () => Promise<T>): Promise<T | undefined> {
    const work = hostInUse.run({ host: this, life }, act).catch((error: unknown) => {
      if (life.isOver) return undefined;
      throw error;
    });
    return Promise.race([work, life.ended.then(() => undefined)]);
  }

  /** A whole life: `act`, and then the process is gone. */
  async run<T>(act: () => Promise<T>, faults: FaultPlan = noFaults, name = 'process'): Promise<T | undefined> {
    const life = this.startLife(faults, name);
    try {
      return await this.runIn(life, act);
    } finally {
      this.kill(life);
    }
  }

  /** The process ends as by SIGKILL. Its locks are a dead process's from now on. */
  kill(life: Life): void {
    if (life.isOver) return;
    life.end();
    this.lives.delete(life);
    this.time.forget(life);
    this.disownLocks(life, 'process');
  }

  killAll(): void {
    for (const life of [...this.lives]) this.kill(life);
  }

  /** All processes end, the host boots again two minutes later. */
  losePower(random: SeededRandom = this.random): void {
    for (const life of this.lives) {
      life.end();
      this.time.forget(life);
    }
    this.lives.clear();
    this.disk.losePower(random);
    this.disownLocks(undefined, 'boot');
    this.time.advance(120_000);
  }

  /** What files take, holes left out. Counted anew each time: only for hosts with little room. */
  usedBytes(): number {
    let used = 0;
    this.disk.visit(this.disk.root, false, (inode) => {
      used += inode.content.current.storedBytes();
    });
    return used;
  }

  /** Asked by every call before it happens. Throws what the fault plan or the end of the life wants. */
  enter(life: Life, call: HostCall): Trouble | undefined {
    if (life.isOver) throw new LifeEnded();
    this.trace?.push(call);
    const trouble = life.faults(call, life.callCount++);
    if (trouble?.kind === 'kill') {
      this.kill(life);
      throw new LifeEnded();
    }
    if (trouble?.kind === 'error') throw hostError(trouble.errno, call.does, call.path);
    return trouble;
  }

  /** Gives the holders' entries that dead processes left another identity than this, living, process has. */
  private disownLocks(life: Life | undefined, gone: 'process' | 'boot'): void {
    const bootId = `boot-${String(this.random.below(1e9))}`;
    this.disk.visit(this.disk.root, false, (inode, path) => {
      if (inode.kind === 'folder' || !/\.(lck|making|lock|edit)\b/.test(path)) return;
      if (life !== undefined && inode.madeBy !== life) return;
      // rl1:kind:pid:start:boot:…
      const parts = inode.target.split(':');
      if (gone === 'process') parts[2] = String(noPid);
      else parts[4] = '0000000000';
      if (parts.length > 5) inode.target = parts.join(':');
      const text = inode.content.text();
      try {
        const holder = JSON.parse(text) as Record<string, unknown>;
        const identity = gone === 'process' ? { pid: noPid, startTime: '1' } : { bootId };
        const maker = typeof holder['maker'] === 'object' ? { maker: { ...holder['maker'], ...identity } } : {};
        inode.content.replaceText(JSON.stringify({ ...holder, ...identity, ...maker }));
      } catch {
        // Half a file is what it stays.
      }
    });
  }
}

/** No process has it: above the kernel's limit. */
const noPid = 4_999_999;

/** The process that is running here, if it is one of a memory host. */
export const hostInUse = new AsyncLocalStorage<{ host: MemoryHost; life: Life }>();

export function hostError(errno: string, syscall: string, path: string): NodeJS.ErrnoException {
  // Most are answers that the engine expects; their stacks would cost more than all the rest.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = new Error(`${errno}: ${syscall} '${path}'`);
  Error.stackTraceLimit = stackTraceLimit;
  return Object.assign(error, { code: errno, syscall, path, errno: -1 });
}

export type { Inode };
