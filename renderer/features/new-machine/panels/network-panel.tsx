import { RadioCards } from '../../../components/radio-cards.tsx';
import type { Wizard } from '../use-wizard.ts';
import { networkChoices } from '../wizard-choices.ts';
import { panelTitles } from '../wizard-panels.ts';

/** How the machine is connected, if it is. */
export function NetworkPanel({ wizard }: { wizard: Wizard }) {
  return (
    <RadioCards
      label={panelTitles.network.title}
      testId="wizard.network"
      value={wizard.answers.network}
      options={networkChoices(wizard.facts.backend)}
      onChange={(network) => {
        wizard.change({ network });
      }}
    />
  );
}
