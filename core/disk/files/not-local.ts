import { RedoubtError } from '../../base/redoubt-error.ts';

/**
 * Thrown by a read of content that has to be fetched first. It is no failure, and never reaches a guest: whoever
 * can wait fetches and begins again. What can't wait (commands that read headers at once) passes it on.
 */
export class NotLocalError extends Error {
  override readonly name = 'NotLocalError';

  /** `fetch` resolves when the content is there, and rejects with a RedoubtError when it won't be. */
  constructor(
    readonly path: string,
    readonly fetch: () => Promise<void>,
  ) {
    super(`${path} has to be fetched first.`);
  }
}

/** As many fetches as any request can need one after the other, and more: tables of every link, then data. */
const mostFetches = 10_000;

/**
 * Runs `act` as often as it takes until all that it reads is local. `act` must be fit to be begun again. Rejects
 * with what `act` throws, what fetching rejects with, or disk.io where content is fetched and never stays.
 */
export async function whenLocal<T>(act: () => T | Promise<T>): Promise<T> {
  for (let fetches = 0; ; fetches++) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof NotLocalError)) throw error;
      if (fetches === mostFetches) throw neverThere(error);
      await error.fetch();
    }
  }
}

function neverThere(cause: NotLocalError): RedoubtError<'disk.io'> {
  const { path: file } = cause;
  const options = { cause };
  return new RedoubtError(
    'disk.io',
    `${file} is fetched and does not stay.`,
    { file, operation: 'fetch', errno: 'EIO' },
    options,
  );
}
