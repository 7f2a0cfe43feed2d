import { defineWords } from '../../words/message.ts';

export const t = defineWords({
  name: 'Console of {vm}. Press Control Alt to leave.',
  'strip.free': 'Click the screen, or press Enter, to use the machine',
  'strip.grabbed': 'Press Ctrl+Alt to release the pointer',
  'ctrl-alt-del': 'Ctrl+Alt+Del',
  'full-screen': 'Full screen',
  scale: 'Fit to window',
  screenshot: 'Screenshot',
  'off.title': '{vm} is powered off',
  'failed.title': '{vm} was stopped by an error',
  'suspended.title': '{vm} is suspended',
  'starting.title': 'Starting {vm}…',
  'stopping.title': 'Powering off {vm}…',
  'deciding.title': '{vm} is powered off',
  'deciding.text': 'What should happen to its changes is still open.',
  connecting: 'Connecting to the screen of {vm}…',
  grabbed: 'Keyboard and pointer are in {vm}. Press Control Alt to leave.',
  released: 'Keyboard and pointer are back in Redoubt.',
});
