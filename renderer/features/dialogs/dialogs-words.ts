import { defineWords } from '../../words/message.ts';

/** Strings of the questions about files and machines. */
export const t = defineWords({
  close: 'Close',
  cancel: 'Cancel',

  'error.copy': 'Copy details',
  'error.copied': 'Copied',
  'error.details': 'Details',
  'error.breaking': 'Redoubt watches for a sign of life of whoever has it; this takes eleven seconds.',

  'd1.title': 'Committing would break {n, plural, one {one other disk} other {# other disks}}',
  'd1.base': '{parent} is the base of:',
  'd1.machine': '{vm}: {state}',
  'd1.running': 'running',
  'd1.off': 'powered off',
  'd1.loose': '{path}: redo log, not in any machine',
  'd1.why': 'If {parent} changes, they read a mixture of old and new data and stop working.',
  'd1.keep': 'Keep',
  'd1.show': 'Show in Disks',
  'd1.preserve': 'Commit and keep the others as they are',
  'd1.preserveText':
    'Redoubt first saves the {size} they still need as an old state beside {parent}. Machines that run on it must be powered off.',
  'd1.runs':
    '{n, plural, one {{names} is running.} other {{names} are running.}} Keep the changes, power off, and commit then.',
  'd1.protected': '{parent} is protected against writing.',
  'd1.copy': 'Commit to a new copy…',
  'd1.copyText': 'A new disk gets all of the content, and this machine uses it from now on. {parent} stays as it is.',
  'd1.anyway': 'Commit anyway…',

  'copy.title': 'Commit "{vm}" to a new copy?',
  'copy.text':
    'The whole disk, with the changes, is written to a new file, and "{vm}" uses that from now on. {parent} stays as it is for the others; the redo log is deleted when the copy is complete.',
  'copy.file': 'Disk file',
  'copy.button': 'Commit',

  'd1b.title': 'Break {n, plural, one {one disk} other {# disks}}?',
  'd1b.list': 'These stop working for good:',
  'd1b.type': 'Type the name of the base to continue: {parent}',
  'd1b.button': 'Commit and break them',

  'commit.title': 'Commit {size} of changes in "{vm}"?',
  'commit.text': 'The changes are written into {parent}, and the redo log {file} is deleted. This cannot be undone.',
  'commit.button': 'Commit',

  'd3.title': 'Discard {size} of changes in "{vm}"?',
  'd3.text':
    '"{vm}" goes back to how it was before these changes; they were last added to on {date}. The redo log {file} is deleted.',
  'd3.titleOutOfReach': 'Discard the changes in "{vm}"?',
  'd3.textOutOfReach':
    '{file} can\'t be read now. "{vm}" starts without its changes from then on, and does not use the file when it is back.',
  'd3.button': 'Discard',

  'd4.title': 'Delete "{vm}"?',
  'd4.deletes': 'Will be deleted',
  'd4.stays': 'Stays',
  'd4.file': 'Delete {file}',
  'd4.usedBy': 'used by {names}',
  'd4.may-be-used': 'may be in use',
  'd4.outOfReach':
    'These machines cannot be read, so nobody knows which disks they use: {files}. A machine that is gone can be taken off the list.',
  'd4.base-disk': 'base disk',
  'd4.outside': "outside the machine's folder",
  'd4.read-only': 'read-only',
  'd4.button': 'Delete',
  'd4.reading': "Reading the machine's files…",
  'd4.nothing': 'No file is deleted; the machine is only taken off the list.',

  'd7.title': 'Allow writing to "{base}"?',
  'd7.list': 'These depend on it and stop working if it changes:',
  'd7.none': 'No disk that Redoubt knows depends on it.',
  'd7.button': 'Allow writing',
});
