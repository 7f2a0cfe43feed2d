import type { Action } from './action.ts';
import { t } from './words.ts';

/** Saves the guest's picture as a PNG file, where the browser keeps downloads. */
export const takeScreenshot: Action = {
  id: 'screenshot',
  label: t('screenshot'),
  enabledWhen: ({ console }) => console !== undefined || t('no.console'),
  perform: async ({ console, machine }) => {
    if (console === undefined) return;
    const url = URL.createObjectURL(await console.takePicture());
    const link = document.createElement('a');
    link.href = url;
    link.download = `${machine?.name ?? 'machine'} ${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.png`;
    link.click();
    // The download reads the address after this turn of the event loop.
    setTimeout(() => {
      URL.revokeObjectURL(url);
    }, 10_000);
  },
};
