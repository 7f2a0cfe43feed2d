import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** What a test process holds: files and sockets by descriptor, its children and theirs by command line. */
interface Holdings {
  readonly descriptors: ReadonlyMap<string, string>;
  readonly processes: ReadonlyMap<number, string>;
}

/**
 * Takes stock now; `check` takes stock again and rejects, with names, if anything has been left behind:
 * a process below this one, an open file, a socket, a listener. Ends that take a moment are waited for.
 * It sees this process only, so tests that use it run one after the other. Linux only; elsewhere it finds nothing.
 */
export function startLeakCheck(): { check(): Promise<void> } {
  const before = takeStock();
  return {
    check: async () => {
      let left: string[] = [];
      for (let attempt = 0; attempt < 60; attempt++) {
        left = leftBehind(before, takeStock());
        if (left.length === 0) return;
        await delay(50);
      }
      throw new Error(`left behind:\n${left.join('\n')}`);
    },
  };
}

function leftBehind(before: Holdings, now: Holdings): string[] {
  const processes = [...now.processes].filter(([pid]) => !before.processes.has(pid));
  const descriptors = [...now.descriptors].filter(([fd, target]) => before.descriptors.get(fd) !== target);
  return [
    ...processes.map(([pid, command]) => `process ${String(pid)}: ${command}`),
    ...descriptors.map(([fd, target]) => `descriptor ${fd}: ${target}`),
  ];
}

function takeStock(): Holdings {
  return { descriptors: openDescriptors(), processes: processesBelow(process.pid) };
}

/** Files and sockets; pipes and the runtime's own event descriptors come and go as it likes. */
function openDescriptors(): Map<string, string> {
  const found = new Map<string, string>();
  for (const fd of entries('/proc/self/fd')) {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      const isOurs = target.startsWith('socket:') || (target.startsWith('/') && !/^\/(dev|proc|sys)\//.test(target));
      if (isOurs && !target.includes('/node_modules/')) found.set(fd, target);
    } catch {
      // It was the descriptor of this very listing.
    }
  }
  return found;
}

function processesBelow(root: number): Map<number, string> {
  const parents = new Map<number, number>();
  for (const entry of entries('/proc')) {
    const parent = /^\d+$/.test(entry) ? parentOf(entry) : undefined;
    if (parent !== undefined) parents.set(Number(entry), parent);
  }
  const isBelow = (pid: number): boolean => {
    for (let at = parents.get(pid); at !== undefined && at > 0; at = parents.get(at)) if (at === root) return true;
    return false;
  };
  return new Map([...parents.keys()].filter(isBelow).map((pid) => [pid, commandLine(pid)]));
}

/** Field 4 of /proc/PID/stat; the name in field 2 may hold blanks and brackets. Zombies count: nobody has waited. */
function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${String(pid)}/cmdline`, 'latin1')
      .replaceAll('\0', ' ')
      .slice(0, 200);
  } catch {
    return 'gone';
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
