import type { Wizard } from './use-wizard.ts';
import { panelTitles } from './wizard-panels.ts';
import { t } from './wizard-words.ts';
import styles from './wizard-dialog.module.css';

/** The steps at the left. Those that were open once lead back to themselves; the others can't be jumped to. */
export function StepList({ wizard }: { wizard: Wizard }) {
  return (
    <nav className={styles.steps} aria-label={t('wizard.steps')}>
      <ol className={styles.stepList}>
        {wizard.panels.map((panel) => {
          const isCurrent = panel === wizard.panel;
          const canGo = wizard.visited.has(panel) && !isCurrent && !wizard.isCreating;
          return (
            <li key={panel}>
              <button
                type="button"
                className={styles.step}
                aria-current={isCurrent ? 'step' : undefined}
                disabled={!canGo && !isCurrent}
                data-testid={`wizard.step.${panel}`}
                onClick={() => {
                  if (canGo) wizard.goTo(panel);
                }}
              >
                {panelTitles[panel].step}
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
