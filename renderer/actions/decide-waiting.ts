import type { DiskView } from '../../core/api/machines.ts';
import { openDialog } from '../stores/dialogs.ts';
import type { Action, ActionContext } from './action.ts';
import { isAtRest } from './power-state.ts';
import { t } from './words.ts';

/** Commits kept changes, after a question. */
export const commitWaiting: Action = {
  id: 'commit-waiting',
  label: t('commit-waiting'),
  enabledWhen: (context) => {
    const waiting = hasWaiting(context);
    return waiting === true && waitingDisk(context)?.redo?.isOutOfReach === true ? t('no.log') : waiting;
  },
  perform: (context) => {
    ask(context, 'commit-waiting');
  },
};

/** Throws kept changes away, after a question. */
export const discardWaiting: Action = {
  id: 'discard-waiting',
  label: t('discard-waiting'),
  isDanger: true,
  enabledWhen: hasWaiting,
  perform: (context) => {
    ask(context, 'discard-waiting');
  },
};

function hasWaiting(context: ActionContext): true | string {
  const rest = isAtRest(context);
  if (rest !== true) return rest;
  return context.machine?.hasWaitingChanges === true || t('no.waiting');
}

function waitingDisk({ machine }: ActionContext): DiskView | undefined {
  return machine?.disks.find((candidate) => candidate.redo !== undefined);
}

function ask(context: ActionContext, kind: 'commit-waiting' | 'discard-waiting'): void {
  const { machine } = context;
  const disk = waitingDisk(context);
  if (machine !== undefined && disk !== undefined) openDialog({ kind, machineId: machine.id, slot: disk.slot });
}
