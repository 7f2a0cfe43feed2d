import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
// First, because its styles come before those of the features, which change them.
import { ThemeProvider } from './theme/theme-provider.tsx';
import { App } from './app.tsx';
import { follow } from './stores/follow.ts';
import { connection } from './transport/client.ts';
import { assert } from './assert.ts';

/** Follows the core's streams and draws the window into `element`, for the life of the page. */
export function startApp(element: HTMLElement | null): void {
  assert(element !== null, 'index.html has the element to draw into');
  follow(connection());
  createRoot(element).render(
    <StrictMode>
      <ThemeProvider>
        <App />
      </ThemeProvider>
    </StrictMode>,
  );
}
