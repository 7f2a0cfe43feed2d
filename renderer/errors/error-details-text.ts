import type { RedoubtError } from './redoubt-error.ts';
import { errorMessage } from './error-messages.ts';

/** What "Copy details" puts on the clipboard: the words, the code and everything that came with it. */
export function errorDetailsText(error: RedoubtError, now: Date = new Date()): string {
  const { title, text } = errorMessage(error);
  return [
    title,
    text,
    '',
    `Code: ${error.code}`,
    `Time: ${now.toISOString()}`,
    `Message: ${error.message}`,
    `Details: ${JSON.stringify(error.details, undefined, 2)}`,
  ].join('\n');
}

/** The file or folder an error is about, as a whole path, if it names one. */
export function errorPath(error: RedoubtError): string | undefined {
  const details = error.details as { file?: unknown; directory?: unknown; parent?: unknown; folder?: unknown };
  const path = details.file ?? details.directory ?? details.parent ?? details.folder;
  return typeof path === 'string' && path !== '' ? path : undefined;
}
