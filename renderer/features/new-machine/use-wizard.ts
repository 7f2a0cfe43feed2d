import { useEffect, useState } from 'react';
import { createMachine } from '../../calls/create-machine.ts';
import { asRedoubtError } from '../../transport/as-redoubt-error.ts';
import type { RedoubtError } from '../../errors/redoubt-error.ts';
import { findProblems, type WizardField, type WizardProblem } from './wizard-checks.ts';
import { emptyDraft, type WizardDraft } from './wizard-draft.ts';
import { neighbourPanel, panelsFor, type PanelId } from './wizard-panels.ts';
import { newMachineRequest } from './wizard-request.ts';
import { useWizardChecks, type WizardChecks } from './use-wizard-checks.ts';

/** The wizard as its panels see it. */
export interface Wizard extends WizardChecks {
  readonly draft: WizardDraft;
  readonly panel: PanelId;
  readonly panels: readonly PanelId[];
  /** Panels that were open once; the list of steps leads back to them. */
  readonly visited: ReadonlySet<PanelId>;
  readonly isCreating: boolean;
  /** Why the machine could not be created, after Finish. */
  readonly failure: RedoubtError | undefined;
  readonly change: (changes: Partial<WizardDraft>) => void;
  readonly goTo: (panel: PanelId) => void;
  readonly back: () => void;
  /** To the next panel; on the last one, creates the machine. Waits for checks that are under way. */
  readonly next: () => void;
  /** Asks the core everything again, after something outside the draft has changed. */
  readonly checkAgain: () => void;
  /** What to say under a field, or nothing. */
  readonly problemOf: (field: WizardField) => WizardProblem['problem'] | undefined;
}

/** Holds the answers, the open panel and what is wrong. `onCreated` closes the wizard. */
export function useWizard(basePath: string | undefined, onCreated: () => void): Wizard {
  const [draft, setDraft] = useState(() => emptyDraft(basePath));
  const [panel, setPanel] = useState<PanelId>(basePath === undefined ? 'configuration' : 'existing-disk');
  const [visited, setVisited] = useState<ReadonlySet<PanelId>>(new Set(['configuration', panel]));
  /** Panels on which Next was pressed in vain: from then on empty fields are complained about. */
  const [tried, setTried] = useState<ReadonlySet<PanelId>>(new Set());
  const [round, setRound] = useState(0);
  const [wantsNext, setWantsNext] = useState(false);
  const [isCreating, setIsCreating] = useState(false);
  const [failure, setFailure] = useState<RedoubtError>();

  const checks = useWizardChecks(draft, round);
  const { answers, facts, findings, isChecking } = checks;
  const panels = panelsFor(answers);
  const problems = findProblems(draft, answers, facts, findings).filter((one) => panels.includes(one.panel));

  const goTo = (target: PanelId) => {
    setPanel(target);
    setVisited((before) => new Set([...before, target]));
    setFailure(undefined);
  };

  const complainOn = (target: PanelId) => {
    setTried((before) => new Set([...before, target]));
    if (target !== panel) goTo(target);
  };

  const create = async () => {
    setIsCreating(true);
    setFailure(undefined);
    try {
      await createMachine(newMachineRequest(answers), draft.startsAfter);
      onCreated();
    } catch (error) {
      setFailure(asRedoubtError(error));
      setIsCreating(false);
      // Its cause may be new: a name taken in the meantime, a folder that went.
      setRound((before) => before + 1);
    }
  };

  const proceed = () => {
    const isLast = panel === 'ready';
    const blocking = isLast ? problems[0] : problems.find((one) => one.panel === panel);
    if (blocking !== undefined) {
      complainOn(blocking.panel);
      return;
    }
    const target = neighbourPanel(panels, panel, 1);
    if (isLast) void create();
    else if (target !== undefined) goTo(target);
  };

  useEffect(() => {
    if (!wantsNext || isChecking) return;
    setWantsNext(false);
    proceed();
    // `proceed` is made anew with every draft; only the wish, or the end of checking, may start it.
  }, [wantsNext, isChecking]);

  return {
    ...checks,
    draft,
    panel,
    panels,
    visited,
    isCreating,
    failure,
    change: (changes) => {
      setDraft((before) => ({ ...before, ...changes }));
    },
    goTo,
    back: () => {
      const target = neighbourPanel(panels, panel, -1);
      if (target !== undefined) goTo(target);
    },
    next: () => {
      if (!isCreating) setWantsNext(true);
    },
    checkAgain: () => {
      setRound((before) => before + 1);
    },
    problemOf: (field) => {
      const found = problems.find((one) => one.field === field);
      if (found === undefined) return undefined;
      const isEmptyField = field === 'existing' || field === 'iso' ? isBlank(draft, field) : false;
      return isEmptyField && !tried.has(found.panel) ? undefined : found.problem;
    },
  };
}

/** A field that starts empty is not wrong before Next was pressed. */
function isBlank(draft: WizardDraft, field: 'existing' | 'iso'): boolean {
  return (field === 'existing' ? draft.existingPath : draft.isoPath).trim() === '';
}
