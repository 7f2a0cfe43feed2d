import { defineWords } from '../../words/message.ts';

export const t = defineWords({
  'phase.preparing': 'Preparing…',
  'phase.copying': 'Writing changes into {parent}: {done} of {total}',
  'phase.checking': 'Checking…',
  'phase.removing': 'Removing redo log…',
  'phase.done': 'Committed {total} into {parent}.',
  'progress.name': 'Commit into {parent}',
  'progress.value': 'Committing {subject}, {percent, number} percent',
  speed: '{speed}, {remaining} left',
  'status.one': 'Committing {subject} — {percent, number} %',
  'status.more': '{n, plural, one {1 task} other {# tasks}}: committing {subject} — {percent, number} %',
  'status.details': 'Details',
  'status.idle': 'Ready',
  'status.machines':
    '{total, plural, =0 {No machines} one {1 machine, {running, plural, =0 {not running} other {running}}} other {# machines, {running, plural, =0 {none} other {#}} running}}',
  'lost.text': 'The connection to Redoubt is lost. Machines go on running; connecting again…',
  'lost.retry': 'Try now',
});
