import { defineWords } from '../words/message.ts';

/**
 * The words of every error code: `<code>.title` says what failed and where, `<code>.text` why and what to
 * do. Variants of a text have a third part.
 */
export const t = defineWords({
  'api.bad-request.title': 'Redoubt was asked for something it does not understand',
  'api.bad-request.text':
    'This is a fault in Redoubt, or its window is older than its core. Reload the window; if that does not help, report it with the details.',
  'usage.bad-argument.title': 'The argument {argument} is not usable',
  'usage.bad-argument.text': '{reason}',
  'host.unauthorised.title': 'This window is not signed in',
  'host.unauthorised.text': 'Open the address that the host printed when it started; it carries the key.',
  'shell.unreachable.title': 'The connection to Redoubt is lost',
  'shell.unreachable.text': 'Machines go on running. The window connects again by itself as soon as it can.',

  'disk.bad-size.title': 'A disk cannot have the size {value}',
  'disk.bad-size.text': '{reason}',
  'disk.bad-name.title': '"{value}" cannot be the name of a disk',
  'disk.bad-name.text': '{reason}',
  'disk.exists.title': '{file} exists',
  'disk.exists.text': 'Choose another name; Redoubt never overwrites a disk.',
  'disk.segment-picked.title': 'That is part {part, number} of {first}',
  'disk.segment-picked.text': 'A disk is opened through its first file.',
  'disk.not-a-redo-log.title': '{file} is not a redo log',
  'disk.not-a-redo-log.text': 'Only a redo log can be committed or discarded. This file is a disk of its own.',
  'disk.unsupported.title': 'Redoubt cannot do that with this disk yet',
  'disk.unsupported.text': 'It would need: {feature}.',
  'disk.unsupported.foreign.title': '{file} is a {format} disk',
  'disk.unsupported.foreign.text':
    'Machines run on VMware 3 and 4 disks, their redo logs and raw disks. To make one of it, on the command line: redoubt disk convert {file} {copy}',
  'disk.not-found.title': '{file} was not found',
  'disk.not-found.text': 'It was moved, renamed or deleted, or the drive it lies on is not there.',
  'disk.permission.title': 'Redoubt may not use {file}',
  'disk.permission.text':
    'The system refused to {operation} it. Check who owns the file and its folder, and their permissions.',
  'disk.io.title': '{file} could not be read or written',
  'disk.io.text':
    'The system answered {errno} to {operation}. The drive may be failing or disconnected. Nothing that was confirmed before is lost.',
  'disk.io.dependent':
    'The system answered {errno} to a look at {file}. It may hang from {parent}, so nothing was changed. Connect its drive again, or remove the machine that uses it from the library.',
  'disk.no-space.title': 'There is not enough space for {file}',
  'disk.no-space.text': 'Nothing is lost. Make room and try again.',
  'disk.no-space.amounts': 'It needs {need} more; {free} is free. Nothing is lost. Make room and try again.',
  'disk.tool-missing.title': '{tool} was not found',
  'disk.tool-missing.text': 'This format needs {tool}. Install it (for example the package {install}) and try again.',
  'disk.redo-directory.title': 'The redo log folder is not usable',
  'disk.redo-directory.missing': '{directory} does not exist.',
  'disk.redo-directory.not-a-directory': '{directory} is not a folder.',
  'disk.redo-directory.not-writable': 'You cannot write to {directory}.',
  'disk.locked.title': '{file} is in use',
  'disk.locked.text': 'Another program has it open.',
  'disk.locked.machine': '"{vm}" has it open for writing.',
  'disk.locked.process': 'Process {pid} on {host} has it open ({purpose}).',
  'disk.locked.stale': 'A lock was left by a crash: process {pid} on {host} ({purpose}).',
  'disk.locked.stale-since': 'A lock was left by a crash at {time}: process {pid} on {host} ({purpose}).',
  'disk.read-only.title': '{file} is read-only',
  'disk.read-only.text': 'Persistent mode and Commit need to write to it.',
  'disk.read-only.base':
    '{n, plural, one {Another disk depends} other {# other disks depend}} on this protected base. Give the machine its own redo log instead of writing to it.',
  'disk.has-dependents.title': 'Writing to {file} would break {n, plural, one {one other disk} other {# other disks}}',
  'disk.has-dependents.text':
    'They read what they did not change from it: {names}. If it changes, they read a mixture of old and new data and stop working.',
  'disk.old-state.title': '{file} keeps an old state for other disks',
  'disk.old-state.text':
    'A commit left it, so that disks which hang from the base read on what they were made on. It is never written. Commit to a new copy instead; remove it only when no disk anywhere needs it.',
  'disk.no-commit.title': 'No commit into {file} was interrupted',
  'disk.no-commit.text': 'There is nothing to give up.',
  'disk.redo-taken.title': 'A redo log named {file} exists already',
  'disk.redo-taken.text':
    'Two machines would write the same redo log. Keep this machine\u2019s redo log in its own folder.',
  'disk.redo-taken.machine': '{file} belongs to "{vm}"',
  'disk.journal-left.title': 'The journal of an interrupted commit into {log} is in the way',
  'disk.journal-left.text':
    '{log} is gone, and a new redo log of that name would be taken for it. Put the old {log} back, or remove {file} if it will not come back.',
  'disk.commit-unfinished.title': 'A commit into {parent} was interrupted',
  'disk.commit-unfinished.text':
    'Nothing is lost: the redo log {child} is complete. Finish the commit before other machines use {parent}.',
  'disk.not-a-disk.title': '{file} is not a disk Redoubt knows',
  'disk.not-a-disk.text':
    'Known kinds: VMware 3 and 4 disks and redo logs, raw. QCOW2, VDI and VHDX disks can be converted on the command line: redoubt disk convert.',
  'disk.not-a-disk.reason':
    'What was found: {reason}. Known kinds: VMware 3 and 4 disks and redo logs, raw. QCOW2, VDI and VHDX disks can be converted on the command line: redoubt disk convert.',
  'disk.corrupt.title': '{file} is damaged',
  'disk.corrupt.text':
    'Its {field} has the impossible value {value}: {reason}. Nothing was changed. Work on a copy of the file if you try to rescue it.',
  'disk.parent-missing.title': 'The parent of {file} is missing',
  'disk.parent-missing.text':
    'Expected {expected}. {n, plural, =0 {No other place was named.} one {One place was searched.} other {# places were searched.}} Put the parent back, or move both files into one folder.',
  'disk.parent-changed.title': '{parent} has changed since {file} was made',
  'disk.parent-changed.text':
    '{file} depends on it and is probably unreadable now: {reason}. Put the old {parent} back from a copy.',
  'disk.capacity-mismatch.title': '{file} and its parent differ in size',
  'disk.capacity-mismatch.text': '{a} and {b}. One of them is not the disk it was when the redo log was made.',
  'disk.segment-missing.title': 'Part {part, number} of {file} is missing',
  'disk.segment-missing.text':
    '{expected} was not found; {found, number} of {total, number} files are there. Put it back beside the others.',
  'disk.loop.title': '{file} is its own ancestor',
  'disk.loop.text': 'The chain runs in a circle: {path}.',
  'disk.untrusted.title': '{file} points outside its own folder',
  'disk.untrusted.text': 'It names {path}: {reason}. Redoubt opens such a file only when you choose it yourself.',

  'machine.not-found.title': 'This machine is no longer in the library',
  'machine.not-found.text': 'It was removed, perhaps in another window.',
  'machine.bad-name.title': '"{name}" cannot be the name of a machine',
  'machine.bad-name.text': '{reason}',
  'machine.name-taken.title': 'A machine named "{name}" already exists',
  'machine.name-taken.text': 'Choose another name.',
  'machine.folder-taken.title': '{folder} already belongs to "{vm}"',
  'machine.folder-taken.text': 'Choose another folder; two machines in one folder would share redo logs.',
  'machine.folder-not-writable.title': 'You cannot write to {folder}',
  'machine.folder-not-writable.text': 'Choose another folder, or change the permissions of this one.',
  'machine.bad-memory.title': '{memory} of memory does not fit',
  'machine.bad-memory.text': 'At most {max} fits on this computer.',
  'machine.bad-config.title': 'The configuration {file} cannot be used',
  'machine.bad-config.text': '{reason}',
  'machine.bad-config.line': 'Line {line, number}: {reason}',
  'machine.wrong-power-state.title': '"{vm}" is not ready for that',
  'machine.wrong-power-state.text': 'It is {state} and would have to be {wanted}.',
  'machine.busy.title': '"{vm}" is busy',
  'machine.busy.text': 'Wait until this is done: {doing}.',
  'machine.changes-waiting.title': '"{vm}" has changes you have not decided about',
  'machine.changes-waiting.text': 'Start it with the changes, commit them or discard them.',
  'machine.decide-first.title': 'Decide about the waiting changes first',
  'machine.decide-first.text':
    'The redo log of {disk} holds {size}. {what, select, mode {Changing the mode without a decision would leave it behind.} other {Changing the file without a decision would leave it behind.}}',
  'machine.runner-failed.title': '"{vm}" could not be run',
  'machine.runner-failed.text': '{reason} What the guest had written is in its redo log or disk.',

  'backend.not-found.title': '{backend} was not found',
  'backend.not-found.text': 'This machine can run in the built-in emulator, slower. Searched: {searched}.',
  'backend.firmware-missing.title': 'The firmware for the built-in emulator is missing',
  'backend.firmware-missing.text':
    'Not found: {files}. On Debian and its relatives, install the package seabios; an installed QEMU has the files as well. Searched: {searched}.',
  'backend.exited.title': '{backend} ended unexpectedly',
  'backend.exited.text': 'Its last words: {output}',
  'backend.exited.silent': 'It ended with status {status} and said nothing.',
  'backend.refused.title': '{backend} refused',
  'backend.refused.text': 'It was asked for {request} and answered: {reason}',
  'backend.unsupported.title': '{backend} cannot do that',
  'backend.unsupported.text': '{reason}',

  'job.not-found.title': 'This task is no longer there',
  'job.not-found.text': 'It has ended already.',
  'job.cancelled.title': 'Stopped',
  'job.cancelled.text': 'You stopped it. Nothing is lost.',
  'internal.title': 'Something went wrong inside Redoubt',
  'internal.text':
    'This is a fault in Redoubt. Your disks were not touched by this message; try again, and report it with the details if it comes back.',

  'step.retry': 'Try again',
  'step.open-settings': 'Settings\u2026',
  'step.use-machine-folder': 'Use "."',
  'step.switch-to-undoable': 'Switch to Undoable',
  'step.use-built-in-emulator': 'Use built-in emulator',
  'step.create-folder': 'Create folder',
  'step.make-writable': 'Make writable',
  'step.use-file': 'Use {file}',
  'step.approve': 'Allow {file}',
  'step.break-lock': 'Remove stale lock',
  'step.resume-commit': 'Resume now',
  'step.switch-to-machine': 'Switch to {vm}',
  'step.reload': 'Reload',

  'copy.details': 'Copy details',
  'copy.done': 'Copied',
  close: 'Close',
});
