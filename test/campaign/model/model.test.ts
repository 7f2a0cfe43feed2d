import { describe, expect, it } from 'vitest';
import { installMemoryHost } from '../../support/memory-host/install-host.ts';
import { readCorpus, runModel } from './run-model.ts';
import { runSequence } from './run-sequence.ts';

describe('[W1] [S1] [C1] [C4] [P3] families of disks under sequences of operations', { timeout: 120_000 }, () => {
  it('read as a flat model of them does', async () => {
    const options = { seed: 4, count: 40, untilMs: Date.now() + 60_000, say: () => undefined };
    const { failures } = await runModel(options, { keeps: false });
    expect(failures).toEqual([]);
  });

  it('do so in every sequence that has failed before', async () => {
    const uninstall = installMemoryHost();
    try {
      for (const { setup, sequence } of readCorpus()) await runSequence(setup, sequence);
    } finally {
      uninstall();
    }
  });
});
