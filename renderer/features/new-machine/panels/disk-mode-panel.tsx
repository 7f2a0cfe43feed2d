import { RadioCards } from '../../../components/radio-cards.tsx';
import { sayWireProblem } from '../../../components/problem-words.ts';
import type { Wizard } from '../use-wizard.ts';
import { modeChoicesFor } from '../wizard-choices.ts';
import { panelTitles } from '../wizard-panels.ts';

/** What happens to the changes a guest makes. */
export function DiskModePanel({ wizard }: { wizard: Wizard }) {
  const { answers, facts, change } = wizard;
  return (
    <RadioCards
      label={panelTitles['disk-mode'].title}
      testId="wizard.mode"
      value={answers.mode}
      options={modeChoicesFor(answers.disk === 'existing' ? facts.existing : undefined, sayWireProblem)}
      onChange={(mode) => {
        change({ mode });
      }}
    />
  );
}
