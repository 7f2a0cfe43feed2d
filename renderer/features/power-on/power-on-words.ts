import { defineWords } from '../../words/message.ts';

/** All strings of the questions that may come before a machine starts. */
export const t = defineWords({
  'p2.title': '"{vm}" has changes you have not decided about',
  'p2.titleUnclean': '"{vm}" was not shut down properly',
  'p2.fact': '{size} in {redo}, last used {date}.',
  'p2.continue': 'Continue',
  'p2.continueText': 'Start and keep adding to the redo log.',
  'p2.commit': 'Commit and start',
  'p2.commitText': 'Write the changes into the disk, then start.',
  'p2.discard': 'Discard and start',
  'p2.discardText': 'Delete the redo log, then start without the changes.',
  'p2.discardSize': 'Discard {size} and start',
  'p2.discardAgain': 'Press again to discard.',
  'p2.cancel': 'Cancel',
  'p2.cancelText': 'Do not start.',
  'p2.remember': 'Do not ask again for this machine; always continue',
  'p2.check': 'Check the redo log first',
  'p2.checkGood': '{redo} and its chain of {n, plural, one {one file} other {# files}} are in order.',

  'p3.title': 'Decide about the waiting changes first',
  'p3.textMode': 'The redo log of {disk} holds {size}. Changing the mode without a decision would leave it behind.',
  'p3.textFile': 'The redo log of {disk} holds {size}. Changing the file without a decision would leave it behind.',
  'p3.commit': 'Commit',
  'p3.discard': 'Discard',
  'p3.cancel': 'Cancel',

  'e4.title': '"{vm}" writes directly to a protected base',
  'e4.text':
    '{base} is read-only because {n, plural, one {another machine uses} other {# machines use}} it. Give "{vm}" its own redo log?',
  'e4.titleShared': '"{vm}" writes directly to a disk that others use',
  'e4.textShared':
    '{n, plural, one {Another machine or disk depends} other {# other machines or disks depend}} on {base} and would break. Give "{vm}" its own redo log?',
  'e4.switch': 'Switch to Undoable and start',
  'e4.new': 'New machine from this base',
  'e4.cancel': 'Cancel',
});
