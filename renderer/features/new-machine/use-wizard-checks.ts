import { useRef } from 'react';
import type { BackendView } from '../../../core/api/shell.ts';
import {
  browseFolder,
  checkRedoDirectory,
  inspectDisk,
  proposeDiskFiles,
  proposeLocation,
  type DiskFilesProposal,
} from '../../calls/proposals.ts';
import { folderOf, isAbsolutePath } from '../../components/path-text.ts';
import { useAnswer } from '../../components/use-answer.ts';
import { fromWire } from '../../errors/redoubt-error.ts';
import { fileName } from '../../words/file-name.ts';
import { useShellInfo } from '../../stores/shell-info.ts';
import { completeAnswers, type WizardAnswers, type WizardFacts } from './wizard-answers.ts';
import type { WizardFindings } from './wizard-checks.ts';
import type { WizardDraft } from './wizard-draft.ts';
import { capacityBytes } from './wizard-request.ts';

export interface WizardChecks {
  readonly facts: WizardFacts;
  readonly answers: WizardAnswers;
  readonly findings: WizardFindings;
  /** The configuration file that would be made. */
  readonly configPath: string | undefined;
  readonly diskFiles: DiskFilesProposal | undefined;
  readonly redoWarning: string | undefined;
  /** Some answer is still on its way; what is known may be out of date. */
  readonly isChecking: boolean;
}

/**
 * Everything that the core has to say about a draft: proposals, checks, the disk that was picked. Each
 * question is asked again when one of its inputs changes. `round`: raise it to ask all of them again.
 */
export function useWizardChecks(draft: WizardDraft, round: number): WizardChecks {
  const info = useShellInfo((state) => state.info);
  const isNamed = draft.name === undefined || draft.name.trim() !== '';
  const locationInput = {
    name: draft.name?.trim() ?? '',
    ...(draft.directory === undefined ? {} : { directory: draft.directory.trim() }),
  };
  // While the name is empty the last proposal stands, so that the folder does not flicker away.
  const lastNamed = useRef(locationInput);
  if (isNamed) lastNamed.current = locationInput;
  const location = useAnswer(question('location', lastNamed.current, round), () => proposeLocation(lastNamed.current));

  const isOnExisting =
    draft.configuration === 'copy' || (draft.configuration === 'custom' && draft.diskChoice === 'existing');
  const existingPath = isOnExisting ? draft.existingPath.trim() : '';
  const existing = useAnswer(existingPath === '' ? undefined : question('inspect', existingPath, round), () =>
    inspectDisk(existingPath),
  );
  const isExistingKnown = !existing.isAsking && existing.error === undefined && existing.value !== undefined;

  const facts: WizardFacts = {
    backend: expectedBackend(info?.backends ?? []),
    hostMemoryMb: info?.hostMemoryMb ?? 1024,
    proposedName: location.value?.name ?? '',
    proposedDirectory: location.value?.directory ?? '',
    existing: isExistingKnown && existing.value !== undefined ? { path: existingPath, ...existing.value } : undefined,
  };
  const answers = completeAnswers(draft, facts);

  const diskInput = {
    directory: answers.directory,
    fileName: answers.diskFileName,
    capacityBytes: capacityBytes(answers.capacityGb),
    split: answers.isSplit,
    bus: answers.bus,
  };
  const asksDisk =
    answers.disk === 'new' && diskInput.directory !== '' && diskInput.fileName !== '' && diskInput.capacityBytes > 0;
  const diskFiles = useAnswer(asksDisk ? question('files', diskInput, round) : undefined, () =>
    proposeDiskFiles(diskInput),
  );

  const redoInput = { machineDirectory: answers.directory, diskPaths: [existingPath], redoLogDir: answers.redoLogDir };
  const asksRedo = facts.existing !== undefined && answers.mode !== 'persistent' && answers.directory !== '';
  const redo = useAnswer(asksRedo ? question('redo', redoInput, round) : undefined, () =>
    checkRedoDirectory(redoInput),
  );

  const isoPath = answers.isoPath ?? '';
  const asksIso = isAbsolutePath(isoPath);
  const iso = useAnswer(asksIso ? question('iso', isoPath, round) : undefined, () => isReadableFile(isoPath));

  return {
    facts,
    answers,
    findings: {
      location: location.error ?? problemOf(location.value),
      diskFiles: diskFiles.error ?? problemOf(diskFiles.value),
      existing: existing.isAsking ? undefined : existing.error,
      redoDirectory: redo.error ?? problemOf(redo.value),
      isIsoUnreadable: isoPath !== '' && (!asksIso || iso.error !== undefined || iso.value === false),
    },
    configPath: location.value?.configPath,
    diskFiles: asksDisk ? diskFiles.value : undefined,
    redoWarning: asksRedo ? redo.value?.warning : undefined,
    isChecking: location.isAsking || existing.isAsking || diskFiles.isAsking || redo.isAsking || iso.isAsking,
  };
}

/** What would run a new machine that names no backend: the first that is there; the core lists them by preference. */
export function expectedBackend(backends: readonly BackendView[]): BackendView | undefined {
  return (
    backends.find((backend) => backend.isAvailable && backend.name !== 'fake') ??
    backends.find((backend) => backend.isAvailable)
  );
}

function question(name: string, input: unknown, round: number): string {
  return JSON.stringify([name, input, round]);
}

function problemOf(answer: { problem?: Parameters<typeof fromWire>[0] | undefined } | undefined) {
  return answer?.problem === undefined ? undefined : fromWire(answer.problem);
}

async function isReadableFile(path: string): Promise<boolean> {
  const listing = await browseFolder({ directory: folderOf(path), filter: 'all' });
  return listing.rows.some((row) => row.name === fileName(path) && row.kind !== 'folder');
}
