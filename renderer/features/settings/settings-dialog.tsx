import { Button, Tabs } from '@mantine/core';
import { useEffect, useId, useRef } from 'react';
import { DialogBody, DialogFooter, DialogFrame } from '../../components/dialog-frame.tsx';
import { Notice } from '../../components/notice.tsx';
import { sayProblem } from '../../components/problem-words.ts';
import { useMachine } from '../../stores/machines.ts';
import { DeviceButtons } from './device-buttons.tsx';
import { DeviceList } from './device-list.tsx';
import { CdromPanel } from './panels/cdrom-panel.tsx';
import { DiskPanel } from './panels/disk-panel.tsx';
import { MemoryPanel } from './panels/memory-panel.tsx';
import { NetworkPanel } from './panels/network-panel.tsx';
import { OptionsPanel } from './panels/options-panel.tsx';
import { SerialPanel } from './panels/serial-panel.tsx';
import { diskPlace } from './settings-draft.ts';
import { t } from './settings-words.ts';
import { useSettings, type Editor } from './use-settings.ts';
import styles from './settings.module.css';

export interface SettingsDialogProps {
  machineId: string;
  /** Where to open: `disk`, `memory`, `options` …; absent: at the first page. */
  panel: string | undefined;
  onClose: () => void;
}

/** The configuration editor of one machine. Nothing is written before OK or Apply. */
export function SettingsDialog({ machineId, panel, onClose }: SettingsDialogProps) {
  const machine = useMachine(machineId);
  const lockId = useId();
  const editor = useSettings(machine, panel, lockId);
  const isReady = editor !== undefined && !('error' in editor);
  return (
    <DialogFrame
      role="dialog"
      title={t('title', { vm: machine?.name ?? '' })}
      widthPx={820}
      heightPx={690}
      testId="settings"
      canClose={!isReady || !editor.isSaving}
      onClose={onClose}
    >
      {isReady ? (
        <EditorPages editor={editor} onClose={onClose} />
      ) : (
        <>
          <DialogBody>
            {editor === undefined ? (
              <p className={styles.quiet}>{t('reading')}</p>
            ) : (
              <Notice kind="problem">{sayProblem(editor.error)}</Notice>
            )}
          </DialogBody>
          <DialogFooter>
            <Button data-testid="settings.cancel" onClick={onClose}>
              {t('cancel')}
            </Button>
          </DialogFooter>
        </>
      )}
    </DialogFrame>
  );
}

function EditorPages({ editor, onClose }: { editor: Editor; onClose: () => void }) {
  const { place, settings, isSaving, isLocked, failure } = editor;
  const tab = place === 'options' ? 'options' : 'hardware';
  const form = useRef<HTMLFormElement>(null);

  // The pages come after the dialog, which had only its close button to focus until now.
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('[data-autofocus]')?.focus({ preventScroll: true });
  }, []);

  return (
    <form
      ref={form}
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        editor.save(onClose);
      }}
    >
      {isLocked ? (
        <div className={styles.banner}>
          <Notice kind="info" isLive={false} id={editor.lockId ?? ''} testId="settings.locked">
            {t('locked')}
          </Notice>
        </div>
      ) : undefined}
      <Tabs
        value={tab}
        className={styles.tabs ?? ''}
        onChange={(next) => {
          if (next === 'options') editor.goTo('options');
          else if (tab === 'options') editor.goTo('memory');
        }}
      >
        <Tabs.List>
          <Tabs.Tab
            value="hardware"
            data-testid="settings.hardware"
            data-autofocus={tab === 'hardware' ? true : undefined}
          >
            {t('hardware')}
          </Tabs.Tab>
          <Tabs.Tab
            value="options"
            data-testid="settings.options"
            data-autofocus={tab === 'options' ? true : undefined}
          >
            {t('options')}
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="hardware" className={styles.page ?? ''} tabIndex={-1}>
          <DeviceList editor={editor} />
          <div className={styles.panel}>
            {place === 'memory' ? <MemoryPanel editor={editor} /> : undefined}
            {place === 'cdrom' ? <CdromPanel editor={editor} /> : undefined}
            {place === 'network' ? <NetworkPanel editor={editor} /> : undefined}
            {place === 'serial' ? <SerialPanel editor={editor} /> : undefined}
            {settings.disks.map((disk) =>
              diskPlace(disk.slot) === place ? (
                <DiskPanel key={disk.slot} editor={editor} disk={disk} onLeave={onClose} />
              ) : undefined,
            )}
          </div>
        </Tabs.Panel>
        <Tabs.Panel value="options" className={styles.page ?? ''} tabIndex={-1}>
          <div className={styles.panel}>
            <OptionsPanel editor={editor} />
          </div>
        </Tabs.Panel>
      </Tabs>
      {failure === undefined ? undefined : (
        <div className={styles.banner}>
          <Notice kind="problem" testId="settings.failure">
            {sayProblem(failure)}
          </Notice>
        </div>
      )}
      <DialogFooter start={tab === 'hardware' ? <DeviceButtons editor={editor} /> : undefined}>
        <Button type="submit" variant="filled" data-testid="settings.ok" loading={isSaving}>
          {t('ok')}
        </Button>
        <Button data-testid="settings.cancel" disabled={isSaving} onClick={onClose}>
          {t('cancel')}
        </Button>
        <Button
          data-testid="settings.apply"
          disabled={isSaving || !editor.isChanged}
          onClick={() => {
            editor.save(() => undefined);
          }}
        >
          {t('apply')}
        </Button>
      </DialogFooter>
    </form>
  );
}
