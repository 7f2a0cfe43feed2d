import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/**
 * The window on a core that exists only in the page, for working on screens: `npx vite --config
 * build/renderer-dev.config.ts`. Not part of what is shipped.
 */
export default defineConfig({
  root: resolve(import.meta.dirname, '../test/renderer/support'),
  publicDir: resolve(import.meta.dirname, '../renderer/public'),
  base: './',
  build: { outDir: resolve(import.meta.dirname, '../out/renderer-dev'), emptyOutDir: true },
  server: { host: '127.0.0.1', port: 5199 },
  plugins: [react()],
});
