import { RadioCards } from '../../../components/radio-cards.tsx';
import type { Wizard } from '../use-wizard.ts';
import { configurationChoices } from '../wizard-choices.ts';
import { panelTitles } from '../wizard-panels.ts';

/** How much the wizard shall ask. */
export function ConfigurationPanel({ wizard }: { wizard: Wizard }) {
  return (
    <RadioCards
      label={panelTitles.configuration.title}
      testId="wizard.configuration"
      value={wizard.draft.configuration}
      options={configurationChoices}
      onChange={(configuration) => {
        wizard.change({ configuration });
      }}
    />
  );
}
