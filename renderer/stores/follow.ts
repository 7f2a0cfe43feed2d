import type { Client } from '../../core/api/contract.ts';
import { showError, useDialogs } from './dialogs.ts';
import { asRedoubtError } from '../transport/as-redoubt-error.ts';
import type { Connection } from '../transport/connection.ts';
import { useConnection } from './connection.ts';
import { useJobs } from './jobs.ts';
import { applyMachineEvent, useMachines } from './machines.ts';
import { useShellInfo } from './shell-info.ts';

/** Pause before a stream that ended by itself is asked for again. */
const askAgainMs = 500;

/**
 * Keeps the stores as the core says, for as long as the page lives: while the connection is open it reads
 * the streams of machines and jobs, and after a break it starts over with fresh snapshots.
 */
export function follow(connection: Connection): () => void {
  let reading: AbortController | undefined;
  const unsubscribe = connection.subscribe((state) => {
    useConnection.setState({ state });
    reading?.abort();
    reading = undefined;
    if (state === 'lost') return;
    reading = new AbortController();
    const { signal } = reading;
    void readInfo(connection.client, signal);
    void keepReading(() => readMachines(connection.client, signal), signal);
    void keepReading(() => readJobs(connection.client, signal), signal);
  });
  return () => {
    unsubscribe();
    reading?.abort();
  };
}

async function readInfo(client: Client, signal: AbortSignal): Promise<void> {
  try {
    useShellInfo.setState({ info: await client.shell.info({}, { signal }) });
  } catch (error) {
    if (!signal.aborted) reportUnlessDropped(error);
  }
}

async function keepReading(read: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await read();
    } catch (error) {
      if (signal.aborted) return;
      reportUnlessDropped(error);
    }
    await new Promise((resolve) => setTimeout(resolve, askAgainMs));
  }
}

/** Returns at a gap of revisions; the caller asks again and gets a snapshot. */
async function readMachines(client: Client, signal: AbortSignal): Promise<void> {
  const events = await client.machines.watch({}, { signal });
  for await (const event of events) {
    if (signal.aborted) return;
    const next = applyMachineEvent(useMachines.getState(), event);
    if (next === 'gap') return;
    useMachines.setState(next);
  }
}

async function readJobs(client: Client, signal: AbortSignal): Promise<void> {
  const events = await client.jobs.watch({}, { signal });
  for await (const event of events) {
    if (signal.aborted) return;
    useJobs.setState({ jobs: event.jobs });
  }
}

/** A dropped connection has its banner; every other end of a stream is worth a dialog, once. */
function reportUnlessDropped(thrown: unknown): void {
  const error = asRedoubtError(thrown);
  if (error.is('shell.unreachable')) return;
  const isShown = useDialogs.getState().stack.some((open) => open.kind === 'error' && open.error.code === error.code);
  if (!isShown) showError(error);
}
