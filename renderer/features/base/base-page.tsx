import { IconDatabase, IconLock, IconLockOpen, IconPlus } from '@tabler/icons-react';
import { useActionContext } from '../../actions/context.ts';
import { newMachineFromBase } from '../../actions/new-machine-from-base.ts';
import { protectBase } from '../../actions/protect-base.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { StateIcon, powerWords } from '../../components/state-icon.tsx';
import type { BaseView } from '../../stores/bases.ts';
import { selectMachine } from '../../stores/selection.ts';
import { fileName } from '../../words/file-name.ts';
import { FactList } from '../machine/fact-list.tsx';
import machineStyles from '../machine/machine-page.module.css';
import styles from './base-page.module.css';
import { t } from './words.ts';

/** A base: it can't be powered on; machines are made from it, and it is protected or not. */
export function BasePage({ base }: { readonly base: BaseView }) {
  const context = useActionContext();
  const name = fileName(base.path);
  const facts = [
    { label: t('fact.file'), value: base.path, isPath: true },
    {
      label: t('fact.protection'),
      value: base.isProtected ? t('protected') : t('unprotected'),
      testId: 'base.protection',
    },
    ...(base.capacityBytes === undefined
      ? []
      : [{ label: t('fact.capacity'), value: t('size', { size: { bytes: base.capacityBytes } }) }]),
    ...(base.allocatedBytes === undefined
      ? []
      : [{ label: t('fact.stored'), value: t('size', { size: { bytes: base.allocatedBytes } }) }]),
  ];
  return (
    <section className={machineStyles.page} aria-label={name} data-testid="base">
      <header className={machineStyles.header}>
        <div className={machineStyles.toolbar} role="toolbar" aria-label={t('toolbar')}>
          <ActionButton
            action={newMachineFromBase}
            context={context}
            label={t('new')}
            testId="base.new-machine"
            variant="filled"
            icon={<IconPlus size={15} aria-hidden="true" />}
          />
          <ActionButton
            action={protectBase}
            context={context}
            label={base.isProtected ? t('unprotect') : t('protect')}
            testId="base.protect"
            icon={
              base.isProtected ? (
                <IconLockOpen size={15} aria-hidden="true" />
              ) : (
                <IconLock size={15} aria-hidden="true" />
              )
            }
          />
        </div>
        <h1 className={machineStyles.name}>{name}</h1>
        <p className={machineStyles.state}>
          <IconDatabase size={14} aria-hidden="true" />
          {t('kind')}
        </p>
      </header>
      <div className={styles.body}>
        <FactList facts={facts} />
        <h2 className={machineStyles.subtitle}>{t('machines')}</h2>
        <ul className={styles.machines} aria-label={t('machines')}>
          {base.machines.map((machine) => (
            <li key={machine.id}>
              <button
                type="button"
                className={styles.machine}
                onClick={() => {
                  selectMachine(machine.id);
                }}
              >
                <StateIcon power={machine.power} />
                <span>{machine.name}</span>
                <span className={styles.power}>{powerWords(machine.power)}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
