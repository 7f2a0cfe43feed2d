import { defineWords } from '../../words/message.ts';

export const t = defineWords({
  library: 'Library',
  bases: 'Bases',
  machines: 'Machines',
  waiting: 'Waiting',
  'new': 'New Virtual Machine',
  'search.placeholder': 'Search machines',
  'search.clear': 'Clear search',
  'search.none': 'No machine matches "{query}"',
  'empty.title': 'No machines yet',
  'empty.bases': 'No bases',
  'empty.waiting': 'Nothing is waiting',
  'empty.waiting.text': 'Redo logs you keep show up here.',
  'badge.waiting': 'changes waiting',
  'badge.nonpersistent': 'nonpersistent',
  'badge.undoable': 'undoable',
  'badge.persistent': 'persistent',
  'badge.protected': 'protected base',
  'badge.base': 'base',
  'badge.attention': 'needs attention',
  'base.users': '{n, plural, =0 {used by no machine} one {used by one machine} other {used by # machines}}',
});
