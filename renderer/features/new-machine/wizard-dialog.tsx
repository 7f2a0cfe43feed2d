import { Button } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { DialogFrame } from '../../components/dialog-frame.tsx';
import { Notice } from '../../components/notice.tsx';
import { sayProblem } from '../../components/problem-words.ts';
import { ConfigurationPanel } from './panels/configuration-panel.tsx';
import { AdapterPanel } from './panels/adapter-panel.tsx';
import { CapacityPanel } from './panels/capacity-panel.tsx';
import { DiskChoicePanel } from './panels/disk-choice-panel.tsx';
import { DiskFilePanel } from './panels/disk-file-panel.tsx';
import { DiskModePanel } from './panels/disk-mode-panel.tsx';
import { ExistingDiskPanel } from './panels/existing-disk-panel.tsx';
import { GuestPanel } from './panels/guest-panel.tsx';
import { MemoryPanel } from './panels/memory-panel.tsx';
import { NamePanel } from './panels/name-panel.tsx';
import { NetworkPanel } from './panels/network-panel.tsx';
import { ReadyPanel } from './panels/ready-panel.tsx';
import { RedoDirectoryPanel } from './panels/redo-directory-panel.tsx';
import { StepList } from './step-list.tsx';
import { useWizard, type Wizard } from './use-wizard.ts';
import { panelTitles, type PanelId } from './wizard-panels.ts';
import { t } from './wizard-words.ts';
import styles from './wizard-dialog.module.css';

const panelViews: Record<PanelId, (props: { wizard: Wizard }) => React.ReactNode> = {
  configuration: ConfigurationPanel,
  guest: GuestPanel,
  name: NamePanel,
  memory: MemoryPanel,
  network: NetworkPanel,
  adapter: AdapterPanel,
  'disk-choice': DiskChoicePanel,
  capacity: CapacityPanel,
  'disk-file': DiskFilePanel,
  'existing-disk': ExistingDiskPanel,
  'disk-mode': DiskModePanel,
  'redo-directory': RedoDirectoryPanel,
  ready: ReadyPanel,
};

/** The New Virtual Machine wizard. `basePath`: begins with this disk chosen, as a copy of a base. */
export function WizardDialog({ basePath, onClose }: { basePath: string | undefined; onClose: () => void }) {
  const wizard = useWizard(basePath, onClose);
  const { panel, panels, isCreating, failure } = wizard;
  const heading = useRef<HTMLHeadingElement>(null);
  const step = panels.indexOf(panel) + 1;
  const { title } = panelTitles[panel];
  const isLast = panel === 'ready';
  const Panel = panelViews[panel];

  // A screen reader then reads the new step, and Tab leads into its first field.
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
  }, [panel]);

  return (
    <DialogFrame
      role="dialog"
      title={t('wizard.title')}
      label={t('wizard.label', { i: step, n: panels.length, title })}
      widthPx={720}
      heightPx={540}
      testId="wizard"
      canClose={!isCreating}
      onClose={onClose}
    >
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          wizard.next();
        }}
      >
        <div className={styles.middle}>
          <StepList wizard={wizard} />
          <div className={styles.panel}>
            <h3
              ref={heading}
              tabIndex={-1}
              className={styles.heading}
              data-autofocus
              onKeyDown={(event) => {
                // The heading has the focus when a step opens; Enter then takes the step as it is proposed.
                if (event.key === 'Enter') wizard.next();
              }}
            >
              {title}
            </h3>
            <Panel wizard={wizard} />
            {failure === undefined ? undefined : (
              <Notice kind="problem" testId="wizard.failure">
                {sayProblem(failure)}
              </Notice>
            )}
          </div>
        </div>
        <footer className={styles.footer}>
          <Button variant="default" data-testid="wizard.cancel" disabled={isCreating} onClick={onClose}>
            {t('wizard.cancel')}
          </Button>
          <span className={styles.gap} />
          <Button variant="default" data-testid="wizard.back" disabled={step === 1 || isCreating} onClick={wizard.back}>
            {t('wizard.back')}
          </Button>
          <Button
            type="submit"
            variant="filled"
            data-testid={isLast ? 'wizard.finish' : 'wizard.next'}
            loading={isCreating}
          >
            {isLast ? t('wizard.finish') : t('wizard.next')}
          </Button>
        </footer>
      </form>
    </DialogFrame>
  );
}
