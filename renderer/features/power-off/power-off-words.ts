import { defineWords } from '../../words/message.ts';

/** All strings of the power-off question. */
export const t = defineWords({
  'p1.title': 'What should happen to the changes in "{vm}"?',
  'p1.fact': '{size} changed on {disks} since {date}{sessions, plural, one {} other {, over # sessions}}.',
  'p1.keep': 'Keep',
  'p1.keepText': 'Save the redo log and decide later. The disk stays as it is.',
  'p1.commit': 'Commit',
  'p1.commitText': 'Write the changes into {parent} and delete the redo log. This cannot be undone.',
  'p1.discard': 'Discard',
  'p1.discardText': 'Delete the redo log. {vm} goes back to {date}.',
  'p1.discardSize': 'Discard {size}',
  'p1.discardAgain': 'Press again to discard.',
  'p1.empty': 'Nothing was written in this session. Keep the empty redo log if you want to use it as a disk.',
  'p1.space': 'Commit needs {need} more on {volume}; {free} is free.',
  'p1.deps': '{n, plural, one {One other disk depends} other {# other disks depend}} on {parent}.',
  'p1.altcopy': 'Commit to a new copy…',
  'p1.perdisk': 'Choose per disk…',
  'p1.together': 'One answer for all disks',
  'p1.perdiskOk': 'OK',
  'p1.perdiskGroup': 'Changes of {disk}',
  'p1.perdiskFact': '{size} since {date}',
  'p1.perdiskEmpty': 'Nothing was written',
  'p1.always': 'Always do this for "{vm}"',
});
