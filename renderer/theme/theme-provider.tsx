import '@mantine/core/styles.css';
import './tokens.css';
import './base.css';
import { MantineProvider } from '@mantine/core';
import type { ReactNode } from 'react';
import { cssVariablesResolver, theme } from './theme.ts';
import { useAppearance } from './use-appearance.ts';

/** Colours, measures and control defaults for everything inside. */
export function ThemeProvider({ children }: { readonly children: ReactNode }) {
  const appearance = useAppearance();
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariablesResolver} forceColorScheme={appearance}>
      {children}
    </MantineProvider>
  );
}
