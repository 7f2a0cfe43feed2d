import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';
import { hostInUse, memoryRoot } from './memory-host.ts';
import { replace, type AnyFunction } from './replace-members.ts';
import { replaceFs } from './replaced-fs.ts';

/**
 * Puts the memory host under everything that runs in one of its lives. `node:fs` below `memoryRoot`, the
 * clock, timers and random numbers are the host's there; all others get the real ones. Imports that were
 * made already change with it, because the bindings of Node's own modules are live.
 *
 * Returns what takes it away again. Only what the engine uses is there: another call on a path of the
 * memory host reaches the real one and finds nothing.
 */
export function installMemoryHost(): () => void {
  const undo = [replaceHome(), replaceFs(), replaceTime(), replaceRandom()];
  syncBuiltinESMExports();
  return () => {
    for (const step of undo) step();
    syncBuiltinESMExports();
  };
}

/** The user's settings are in memory too. */
function replaceHome(): () => void {
  const before = process.env['REDOUBT_HOME'];
  process.env['REDOUBT_HOME'] = `${memoryRoot}/home`;
  return () => {
    if (before === undefined) delete process.env['REDOUBT_HOME'];
    else process.env['REDOUBT_HOME'] = before;
  };
}

function replaceTime(): () => void {
  const RealDate = globalThis.Date;
  class HostDate extends RealDate {
    constructor(...args: [] | [number | string | Date]) {
      if (args.length === 0) super(HostDate.now());
      else super(args[0]);
    }
    static override now(): number {
      return hostInUse.getStore()?.host.time.now() ?? RealDate.now();
    }
  }
  globalThis.Date = HostDate as DateConstructor;
  const start =
    (repeats: boolean) =>
    (real: AnyFunction): AnyFunction =>
    (act: (...args: never[]) => void, ms = 0, ...args: never[]) => {
      const inUse = hostInUse.getStore();
      if (inUse === undefined) return real(act as never, ms as never, ...args);
      const { host, life } = inUse;
      const run = (): void => {
        hostInUse.run(inUse, act, ...args);
      };
      const timer = host.time.add(life, run, ms, repeats ? ms : undefined);
      const handle = { timer, unref: () => handle, ref: () => handle, hasRef: () => false };
      return Object.assign(handle, { close: () => host.time.cancel(timer) });
    };
  const stop =
    (real: AnyFunction): AnyFunction =>
    (handle: { timer?: unknown } | undefined) => {
      if (handle?.timer === undefined) real(handle as never);
      else hostInUse.getStore()?.host.time.cancel(handle.timer);
    };
  const undoTimers = replace(globalThis, {
    setTimeout: start(false),
    setInterval: start(true),
    clearTimeout: stop,
    clearInterval: stop,
  });
  const undoSleep = replace(timers, {
    // Who sleeps moves the clock: nobody waits for anything else here.
    setTimeout:
      (real) =>
      async (ms = 0, value?: unknown) => {
        const inUse = hostInUse.getStore();
        if (inUse === undefined) return real(ms as never, value as never);
        await timers.setImmediate();
        inUse.host.time.advance(ms);
        return value;
      },
  });
  return () => {
    globalThis.Date = RealDate;
    undoTimers();
    undoSleep();
  };
}

function replaceRandom(): () => void {
  return replace(crypto, {
    randomBytes:
      (real) =>
      (length: number, ...rest: never[]) => {
        const host = hostInUse.getStore()?.host;
        if (host === undefined) return real(length as never, ...rest);
        return Buffer.from(Array.from({ length }, () => host.random.below(256)));
      },
    randomUUID: (real) => () => {
      const host = hostInUse.getStore()?.host;
      if (host === undefined) return real();
      const hex = Array.from({ length: 32 }, () => host.random.below(16).toString(16)).join('');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
  });
}
