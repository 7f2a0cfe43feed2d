import { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { checkCommand } from './check.ts';
import { commitCommand } from './commit.ts';
import { convertCommand } from './convert.ts';
import { createCommand } from './create.ts';
import { describeCommand } from './describe.ts';
import { discardCommand } from './discard.ts';
import { infoCommand } from './info.ts';
import { protectCommand, unprotectCommand } from './protect.ts';
import { redoCommand } from './redo.ts';
import { relinkCommand } from './relink.ts';
import { serveDiskCommand } from './serve.ts';
import { shrinkCommand } from './shrink.ts';

/** `redoubt disk …`: one file a command. */
export function diskCommand(terminal: Terminal): Command {
  const commands = [
    createCommand,
    infoCommand,
    redoCommand,
    serveDiskCommand,
    commitCommand,
    checkCommand,
    shrinkCommand,
    discardCommand,
    convertCommand,
    describeCommand,
    relinkCommand,
    protectCommand,
    unprotectCommand,
  ];
  const group = new Command('disk').description('Virtual disks and their redo logs.');
  for (const make of commands) group.addCommand(make(terminal));
  return group;
}
