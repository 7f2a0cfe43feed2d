import { mkdirSync, readFileSync, writeFileSync, chmodSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackendConfiguration, BackendDisk } from '../../../../core/backends/backend.ts';
import { rememberedAbilities } from '../../../../core/backends/qemu/accelerator.ts';
import { createQemuBackend } from '../../../../core/backends/qemu/qemu-backend.ts';
import { startLeakCheck } from '../../../support/leak-check.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

/** What goes wrong before a guest runs; what goes right is in test/contract/backends. */
describe('a QEMU that does not start', () => {
  let leaks: ReturnType<typeof startLeakCheck>;
  let folder: TempFolder;

  beforeEach(() => {
    leaks = startLeakCheck();
    folder = makeTempFolder();
    mkdirSync(folder.at('run'));
  });

  afterEach(async () => {
    folder.remove();
    await leaks.check();
  });

  /** A program that passes for QEMU until it is asked to be one. */
  function fakeQemu(script: string): string {
    const path = folder.at('qemu');
    writeFileSync(
      path,
      `#!/bin/sh\n[ "$1" = --version ] && { echo 'QEMU emulator version 8.0.0'; exit; }\n${script}\n`,
    );
    chmodSync(path, 0o755);
    return path;
  }

  function configuration(disks: BackendDisk[] = []): BackendConfiguration {
    return {
      machineId: '1',
      machineName: 'm',
      memoryMb: 32,
      disks,
      network: 'none',
      runtimeDirectory: folder.at('run'),
    };
  }

  const ignoreEvents = (): void => undefined;

  it('is not there: backend.not-found names the places', async () => {
    const backend = createQemuBackend({ stateDirectory: folder.path, folders: [folder.at('empty')] });
    expect(await backend.availability()).toEqual({
      isAvailable: false,
      code: 'backend.not-found',
      reason: 'QEMU is not installed.',
    });
    await expect(backend.start(configuration(), ignoreEvents)).rejects.toMatchObject({
      code: 'backend.not-found',
      details: { searched: [folder.at('empty')] },
    });
  });

  it('ends at once: backend.exited has the last of what it said, and nothing is left', async () => {
    const configuredPath = fakeQemu('echo "could not do it" >&2; exit 7');
    const backend = createQemuBackend({ stateDirectory: folder.path, configuredPath });
    await expect(backend.start(configuration(), ignoreEvents)).rejects.toMatchObject({
      code: 'backend.exited',
      details: { status: 'exit status 7', output: 'could not do it' },
    });
    expect(readdirSync(folder.at('run'))).toEqual([]);
  });

  it('what works is remembered for this QEMU only', async () => {
    const configuredPath = fakeQemu('case "$*" in *isa-debug-exit*) exit 191;; esac; exit 1');
    const binary = { path: configuredPath, version: '8.0.0' };
    const backend = createQemuBackend({ stateDirectory: folder.path, configuredPath });
    expect(await backend.availability()).not.toHaveProperty('accelerator');
    await expect(backend.start(configuration(), ignoreEvents)).rejects.toMatchObject({ code: 'backend.exited' });
    const known = await rememberedAbilities(binary, folder.path);
    expect(known).toBeDefined();
    expect(await backend.availability()).toMatchObject({ accelerator: known?.accelerator });
    expect(await rememberedAbilities({ ...binary, version: '8.0.1' }, folder.path)).toBeUndefined();
    const memory = readFileSync(folder.at('qemu-abilities.json'), 'utf8');
    writeFileSync(folder.at('qemu-abilities.json'), memory.replace(/"hostBoot": "/, '"hostBoot": "x'));
    expect(await rememberedAbilities(binary, folder.path)).toBeUndefined();
  });

  it('an accelerator that has gone since it was probed is probed anew', async () => {
    const configuredPath = fakeQemu(
      'case "$*" in *kvm*|*hvf*|*whpx*) exit 1;; *isa-debug-exit*) exit 191;; esac; exit 1',
    );
    const binary = { path: configuredPath, version: '8.0.0' };
    const backend = createQemuBackend({ stateDirectory: folder.path, configuredPath });
    await expect(backend.start(configuration(), ignoreEvents)).rejects.toMatchObject({ code: 'backend.exited' });
    const memory = readFileSync(folder.at('qemu-abilities.json'), 'utf8');
    writeFileSync(folder.at('qemu-abilities.json'), memory.replace('"tcg"', '"kvm"'));
    await expect(backend.start(configuration(), ignoreEvents)).rejects.toMatchObject({ code: 'backend.exited' });
    expect(await rememberedAbilities(binary, folder.path)).toMatchObject({ accelerator: 'tcg' });
  });

  it.each([
    [
      'the filter is missing',
      'case "$*" in *sandbox*) echo "-sandbox support is not enabled" >&2; exit 1;; esac; exit 191',
      false,
    ],
    ['the filter is there', 'exit 191', process.platform === 'linux'],
  ])('%s', async (_, script, hasSandbox) => {
    const configuredPath = fakeQemu(script);
    const backend = createQemuBackend({ stateDirectory: folder.path, configuredPath });
    await expect(backend.start(configuration(), ignoreEvents)).rejects.toMatchObject({ code: 'backend.exited' });
    expect(await rememberedAbilities({ path: configuredPath, version: '8.0.0' }, folder.path)).toMatchObject({
      hasSandbox,
    });
  });
});
