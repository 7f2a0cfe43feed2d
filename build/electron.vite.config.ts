import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

const top = resolve(import.meta.dirname, '..');
const at = (path: string): string => resolve(top, path);

/**
 * One bundle for both shells. Every program of the core is an entry of its own with a fixed name, because
 * core/base/entry-points.ts looks for them beside the file it was bundled into; so chunks stay in the
 * same folder too.
 */
export default defineConfig({
  main: {
    build: {
      outDir: at('out/main'),
      rolldownOptions: {
        input: {
          main: at('electron/main.ts'),
          host: at('core/host/main.ts'),
          cli: at('core/cli/main.ts'),
          runner: at('core/runner/main.ts'),
          job: at('core/runner/job-main.ts'),
          'disk-worker': at('core/runner/disk-worker.ts'),
          'v86-worker': at('core/backends/v86/worker.ts'),
        },
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: at('out/preload'),
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: at('electron/preload.ts') },
        // A sandboxed preload must be CommonJS.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: at('renderer'),
    build: {
      outDir: at('out/renderer'),
      emptyOutDir: true,
      minify: true,
      rolldownOptions: { input: at('renderer/index.html') },
    },
    plugins: [react()],
  },
});
