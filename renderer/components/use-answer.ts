import { useEffect, useRef, useState } from 'react';
import type { RedoubtError } from '../errors/redoubt-error.ts';
import { asRedoubtError } from '../transport/as-redoubt-error.ts';

export interface Answer<T> {
  /** The newest answer; stays while the next one is on its way, so that nothing flickers. */
  readonly value: T | undefined;
  readonly error: RedoubtError | undefined;
  /** A newer question has not been answered yet: what is shown may be out of date. */
  readonly isAsking: boolean;
}

/**
 * Asks the core something that depends on what is being typed, once typing rests. `key` names the question
 * with all its inputs: a new key asks anew, an answer to an old key is dropped. Without a key nothing is
 * asked and nothing is known.
 */
export function useAnswer<T>(key: string | undefined, ask: () => Promise<T>, delayMs = 120): Answer<T> {
  const [known, setKnown] = useState<{ key: string; value?: T; error?: RedoubtError }>();
  const newestAsk = useRef(ask);
  newestAsk.current = ask;

  useEffect(() => {
    if (key === undefined) return;
    let isCurrent = true;
    const timer = setTimeout(() => {
      newestAsk.current().then(
        (value) => {
          if (isCurrent) setKnown({ key, value });
        },
        (error: unknown) => {
          if (isCurrent) setKnown({ key, error: asRedoubtError(error) });
        },
      );
    }, delayMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [key, delayMs]);

  if (key === undefined) return { value: undefined, error: undefined, isAsking: false };
  return { value: known?.value, error: known?.error, isAsking: known?.key !== key };
}
