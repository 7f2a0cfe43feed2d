import { RadioCards } from '../../../components/radio-cards.tsx';
import type { Wizard } from '../use-wizard.ts';
import { adapterChoices } from '../wizard-choices.ts';
import { panelTitles } from '../wizard-panels.ts';

/** On which kind of bus the disk hangs. */
export function AdapterPanel({ wizard }: { wizard: Wizard }) {
  return (
    <RadioCards
      label={panelTitles.adapter.title}
      testId="wizard.adapter"
      value={wizard.answers.bus}
      options={adapterChoices(wizard.facts.backend)}
      onChange={(bus) => {
        if (bus !== 'buslogic') wizard.change({ bus });
      }}
    />
  );
}
