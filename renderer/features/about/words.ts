import { defineWords } from '../../words/message.ts';

export const t = defineWords({
  close: 'Close',
  'about.title': 'About Redoubt',
  'about.version': 'Redoubt {version}',
  'about.text': 'Virtual machines with redo logs: run on a shared base, decide at power-off.',
  'about.backends': 'Machines run on',
  'about.licence': 'Published under the MIT licence. Notices of the software it builds on come with it.',
  'shortcuts.title': 'Keyboard Shortcuts',
  'shortcuts.console':
    'While the console has keyboard and pointer, only Ctrl+Alt (leave it) and Ctrl+Alt+Enter act here; everything else goes to the guest.',
  'preferences.title': 'Preferences',
  'preferences.appearance': 'Appearance',
  'preferences.appearance.system': 'As the system',
  'preferences.appearance.light': 'Light',
  'preferences.appearance.dark': 'Dark',
  'preferences.contrast': 'Strong contrast',
  'preferences.confirm': 'Ask before powering off or resetting a machine that looks alive',
  'preferences.discard': 'Ask for a second press before discarding many changes',
});
