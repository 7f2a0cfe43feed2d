import type { RedoubtError } from '../../errors/redoubt-error.ts';
import { guestSystem } from '../../components/guest-systems.ts';
import { memoryProblem } from '../../components/memory-scale.ts';
import type { WizardAnswers, WizardFacts } from './wizard-answers.ts';
import { maximumMemoryMb } from './wizard-answers.ts';
import type { WizardDraft } from './wizard-draft.ts';
import type { PanelId } from './wizard-panels.ts';
import { t } from './wizard-words.ts';

/** What the core's checks have found so far; each absent while there is nothing to say. */
export interface WizardFindings {
  readonly location: RedoubtError | undefined;
  readonly diskFiles: RedoubtError | undefined;
  readonly existing: RedoubtError | undefined;
  readonly redoDirectory: RedoubtError | undefined;
  /** The disc image could not be found or read. */
  readonly isIsoUnreadable: boolean;
}

export const noFindings: WizardFindings = {
  location: undefined,
  diskFiles: undefined,
  existing: undefined,
  redoDirectory: undefined,
  isIsoUnreadable: false,
};

/** A field of the wizard that can be wrong. */
export type WizardField =
  'iso' | 'name' | 'directory' | 'memory' | 'capacity' | 'disk-file' | 'existing' | 'redo-directory';

/** Something that blocks Next: the field it is about, and the sentence or the error that says it. */
export interface WizardProblem {
  readonly panel: PanelId;
  readonly field: WizardField;
  readonly problem: string | RedoubtError;
}

/**
 * Every problem of the answers, in the order of the panels. The first one on the open panel blocks Next;
 * any of them on a panel that is asked for blocks Finish.
 */
export function findProblems(
  draft: WizardDraft,
  answers: WizardAnswers,
  facts: WizardFacts,
  findings: WizardFindings,
): WizardProblem[] {
  const problems: WizardProblem[] = [];
  const add = (panel: PanelId, field: WizardField, problem: string | RedoubtError | undefined) => {
    if (problem !== undefined) problems.push({ panel, field, problem });
  };
  add('guest', 'iso', isoProblem(draft, findings));
  if (answers.name === '') add('name', 'name', t('name.needed'));
  else add('name', locationField(findings.location), findings.location);
  add('memory', 'memory', memoryProblem(answers.memoryMb, maximumMemoryMb(facts)));
  if (answers.disk === 'new') {
    const capacity = capacityProblem(answers.capacityGb);
    add('capacity', 'capacity', capacity);
    if (answers.diskFileName === '') add('disk-file', 'disk-file', t('diskFile.needed'));
    else if (capacity === undefined) addDiskFiles(findings.diskFiles, add);
  } else {
    add('existing-disk', 'existing', answers.existingPath === '' ? t('existing.needed') : findings.existing);
    if (answers.mode !== 'persistent') add('redo-directory', 'redo-directory', findings.redoDirectory);
  }
  return problems;
}

/** A sentence about an old guest and a big IDE disk; it warns and doesn't block. */
export function capacityWarning(answers: Pick<WizardAnswers, 'guestId' | 'capacityGb' | 'bus'>): string | undefined {
  const isTooBig = guestSystem(answers.guestId).isLimitedTo128Gb && answers.bus === 'ide' && answers.capacityGb > 128;
  return isTooBig ? t('capacity.old') : undefined;
}

function capacityProblem(capacityGb: number): string | undefined {
  return Number.isFinite(capacityGb) && capacityGb > 0 ? undefined : t('capacity.notNumber');
}

function isoProblem(draft: WizardDraft, findings: WizardFindings): string | undefined {
  if (draft.installsLater) return undefined;
  if (draft.isoPath.trim() === '') return t('guest.isoNeeded');
  return findings.isIsoUnreadable ? t('guest.isoUnreadable', { file: draft.isoPath.trim() }) : undefined;
}

/** A taken or unusable name is the name's fault, everything else the folder's. */
function locationField(problem: RedoubtError | undefined): WizardField {
  return problem?.code === 'machine.name-taken' || problem?.code === 'machine.bad-name' ? 'name' : 'directory';
}

function addDiskFiles(
  problem: RedoubtError | undefined,
  add: (panel: PanelId, field: WizardField, problem: RedoubtError | undefined) => void,
): void {
  if (problem?.code === 'disk.bad-size' || problem?.code === 'disk.no-space') add('capacity', 'capacity', problem);
  else add('disk-file', 'disk-file', problem);
}
