import { MemoryField } from '../../../components/memory-field.tsx';
import { guestSystem } from '../../../components/guest-systems.ts';
import { sayProblem } from '../../../components/problem-words.ts';
import { maximumMemoryMb } from '../wizard-answers.ts';
import type { Wizard } from '../use-wizard.ts';

/** How much of the computer's memory the machine gets. */
export function MemoryPanel({ wizard }: { wizard: Wizard }) {
  const guest = guestSystem(wizard.answers.guestId);
  return (
    <MemoryField
      valueMb={wizard.answers.memoryMb}
      guest={guest}
      maximumMb={maximumMemoryMb(wizard.facts)}
      problem={sayProblem(wizard.problemOf('memory'))}
      testId="wizard.memory"
      onChange={(memoryMb) => {
        wizard.change({ memoryMb });
      }}
    />
  );
}
