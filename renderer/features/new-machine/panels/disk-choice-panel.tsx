import { RadioCards } from '../../../components/radio-cards.tsx';
import type { Wizard } from '../use-wizard.ts';
import { diskChoices } from '../wizard-choices.ts';
import { panelTitles } from '../wizard-panels.ts';

/** A new disk, or one that is there. */
export function DiskChoicePanel({ wizard }: { wizard: Wizard }) {
  return (
    <RadioCards
      label={panelTitles['disk-choice'].title}
      testId="wizard.disk"
      value={wizard.draft.diskChoice}
      options={diskChoices}
      onChange={(diskChoice) => {
        if (diskChoice !== 'physical') wizard.change({ diskChoice });
      }}
    />
  );
}
