/**
 * Makes calls of the engine, one after the other, and prints a list of `{"ok": …}` or errors as they cross
 * wires. In a call the text `$log` stands for the redo log made last. Run by tests as a process of its own,
 * where permissions matter as an unprivileged user.
 */
import { toWire } from '../../core/base/redoubt-error.ts';
import { commitRedoLog } from '../../core/disk/commit/commit.ts';
import { commitToCopy } from '../../core/disk/commit/commit-to-copy.ts';
import { createBase } from '../../core/disk/create/create-base.ts';
import { createRedoLog } from '../../core/disk/create/create-redo-log.ts';
import { discardRedoLog } from '../../core/disk/discard.ts';
import { inspectChain } from '../../core/disk/describe/inspect.ts';
import { protectDisk } from '../../core/disk/protect.ts';
import { openDiskSession, type SessionRequest } from '../../core/disk/session/session.ts';

export type EngineCall =
  | { call: 'base'; request: Parameters<typeof createBase>[0] }
  | { call: 'log'; request: Parameters<typeof createRedoLog>[0] }
  | { call: 'write'; request: SessionRequest }
  | { call: 'commit'; redo: string; dependents?: 'break' }
  | { call: 'discard'; redo: string }
  | { call: 'copy'; redo: string; file: string }
  | { call: 'inspect' | 'protect'; file: string };

async function carryOut(command: EngineCall): Promise<unknown> {
  switch (command.call) {
    case 'base':
      return await createBase(command.request);
    case 'log':
      return await createRedoLog(command.request);
    case 'copy':
      return await commitToCopy({ redo: command.redo, file: command.file });
    case 'commit':
      return await commitRedoLog({ redo: command.redo, dependents: command.dependents ?? 'refuse' });
    case 'discard':
      return await discardRedoLog({ redo: command.redo });
    case 'inspect':
      return await inspectChain(command.file);
    case 'protect':
      return await protectDisk(command.file);
    case 'write': {
      const session = await openDiskSession(command.request);
      await session.device.write(0, [new Uint8Array(512).fill(1)]);
      await session.close();
      return undefined;
    }
  }
}

const answers: object[] = [];
let log = '';
for (const command of JSON.parse(process.argv[2] ?? '[]') as EngineCall[]) {
  try {
    const ok = await carryOut(JSON.parse(JSON.stringify(command).replaceAll('$log', log)) as EngineCall);
    if (command.call === 'log') log = (ok as { file: string }).file;
    answers.push({ ok: ok ?? null });
  } catch (error) {
    answers.push({ error: toWire(error) });
  }
}
process.stdout.write(JSON.stringify(answers));
