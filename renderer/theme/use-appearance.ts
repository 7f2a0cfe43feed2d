import { useEffect, useSyncExternalStore } from 'react';
import { usePreferences } from '../stores/preferences.ts';

/**
 * The colour scheme to draw in: the reader's choice, or what the system prefers. Marks the document for the
 * strong colours of high contrast as well.
 */
export function useAppearance(): 'light' | 'dark' {
  const { appearance, contrast } = usePreferences();
  const systemIsDark = useMediaQuery('(prefers-color-scheme: dark)');
  const systemWantsContrast = useMediaQuery('(prefers-contrast: more)');
  const isHigh = contrast === 'high' || systemWantsContrast;
  useEffect(() => {
    if (isHigh) document.documentElement.dataset['contrast'] = 'high';
    else delete document.documentElement.dataset['contrast'];
  }, [isHigh]);
  if (appearance === 'system') return systemIsDark ? 'dark' : 'light';
  return appearance;
}

function useMediaQuery(query: string): boolean {
  return useSyncExternalStore(
    (onChange) => {
      const list = window.matchMedia(query);
      list.addEventListener('change', onChange);
      return () => {
        list.removeEventListener('change', onChange);
      };
    },
    () => window.matchMedia(query).matches,
  );
}
