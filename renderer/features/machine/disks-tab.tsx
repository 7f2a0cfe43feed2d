import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { ChainReport } from '../../../core/api/disks.ts';
import type { DiskView, MachineView } from '../../../core/api/machines.ts';
import { isAtRest } from '../../actions/power-state.ts';
import { readActionContext } from '../../actions/context.ts';
import { attempt } from '../../actions/run-action.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { useMachines } from '../../stores/machines.ts';
import { showToast } from '../../stores/toasts.ts';
import { client } from '../../transport/client.ts';
import { fileName } from '../../words/file-name.ts';
import { chainRows } from './chain-rows.ts';
import { ChainTree } from './chain-tree.tsx';
import styles from './disks-tab.module.css';
import { t } from './words.ts';

/** What the machine's disks stand on: a chain each, from the base to the file that is written. */
export function DisksTab({ machine }: { readonly machine: MachineView }) {
  if (machine.disks.length === 0) return <EmptyState title={t('disks.none')} text={t('disks.none.text')} />;
  return (
    <div className={styles.disks} data-testid="disks">
      {machine.disks.map((disk) => (
        <DiskChain key={disk.slot} machine={machine} disk={disk} />
      ))}
    </div>
  );
}

function DiskChain({ machine, disk }: { readonly machine: MachineView; readonly disk: DiskView }) {
  const machines = useMachines((state) => state.machines);
  const report = useChainReport(machine, disk);
  const file = fileName(disk.path);
  const isDirect = disk.mode === 'persistent' && disk.chain?.length === 1;
  return (
    <section className={styles.disk} aria-label={t('disk.named', { slot: disk.slot })}>
      <h2 className={styles.title}>
        {file} <span className={styles.slot}>{disk.slot}</span>
      </h2>
      <p className={styles.mode}>{t('disks.mode', { mode: disk.mode })}</p>
      {disk.chain === undefined ? undefined : (
        <ChainTree label={t('disks.chain-of', { disk: file })} rows={chainRows(machine, disk, report, machines)} />
      )}
      {isDirect ? <DirectDisk machine={machine} disk={disk} /> : undefined}
    </section>
  );
}

/** A disk without a redo log, and the way to get one. */
function DirectDisk({ machine, disk }: { readonly machine: MachineView; readonly disk: DiskView }) {
  const canChange = isAtRest(readActionContext({ kind: 'machine', id: machine.id }));
  const switchToUndoable = () => {
    void attempt(async () => {
      const settings = await client().machines.settings({ id: machine.id });
      const disks = settings.disks.map((candidate) =>
        candidate.slot === disk.slot ? { ...candidate, mode: 'undoable' as const } : candidate,
      );
      await client().machines.saveSettings({ id: machine.id, settings: { ...settings, disks } });
      showToast(t('done.undoable', { vm: machine.name }));
    }, machine.id);
  };
  return (
    <EmptyState title={t('disks.empty.title')} text={t('disks.empty.text')} isInline>
      <Button
        disabled={canChange !== true}
        title={canChange === true ? undefined : canChange}
        onClick={switchToUndoable}
        data-testid="disks.switch-to-undoable"
      >
        {t('disks.empty.switch')}
      </Button>
    </EmptyState>
  );
}

/** Sizes and states of the chain, read when the chain or the power state changes. Absent where reading fails: the notices say why. */
function useChainReport(machine: MachineView, disk: DiskView): ChainReport | undefined {
  const [report, setReport] = useState<ChainReport>();
  const isReadable = disk.problem === undefined;
  useEffect(() => {
    setReport(undefined);
    if (!isReadable) return undefined;
    let isWanted = true;
    client()
      .disks.inspect({ path: disk.path })
      .then(
        ({ chain }) => {
          if (isWanted) setReport(chain);
        },
        () => undefined,
      );
    return () => {
      isWanted = false;
    };
  }, [disk.path, isReadable, machine.power]);
  return report;
}
