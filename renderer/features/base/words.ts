import { defineWords } from '../../words/message.ts';

export const t = defineWords({
  toolbar: 'Base',
  kind: 'Base',
  new: 'New machine from this base',
  protect: 'Protect',
  unprotect: 'Allow writing…',
  'fact.file': 'File',
  'fact.protection': 'Protection',
  'fact.capacity': 'Capacity',
  'fact.stored': 'On this computer',
  size: '{size}',
  protected: 'Protected: Redoubt and the file system refuse writes',
  unprotected: 'Not protected: a machine in persistent mode could write to it',
  machines: 'Machines on this base',
});
