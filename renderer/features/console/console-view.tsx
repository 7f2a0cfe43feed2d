import { IconShieldOff } from '@tabler/icons-react';
import type { MachineView, PowerState } from '../../../core/api/machines.ts';
import { useActionContext } from '../../actions/context.ts';
import { powerOn } from '../../actions/power-on.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { StateIcon } from '../../components/state-icon.tsx';
import { t as machineWords } from '../machine/words.ts';
import styles from './console.module.css';
import { GuestScreen } from './guest-screen.tsx';
import { t } from './words.ts';

/** States in which the guest has a screen that can be looked at. */
const withScreen: readonly PowerState[] = ['running', 'paused'];

/** The guest's screen while it runs, else why there is none and what to do. */
export function ConsoleView({ machine }: { readonly machine: MachineView }) {
  const isForgetful = machine.disks.some((disk) => disk.mode === 'nonpersistent');
  const hasScreen = withScreen.includes(machine.power);
  return (
    <div className={styles.console} data-testid="console" data-power={machine.power}>
      {isForgetful && hasScreen ? (
        <p className={styles.banner} data-testid="console.nonpersistent" title={machineWords('nonpersistent.help')}>
          <IconShieldOff size={16} aria-hidden="true" />
          {machineWords('nonpersistent.banner')}
        </p>
      ) : undefined}
      {hasScreen ? <GuestScreen machine={machine} /> : <NoScreen machine={machine} />}
    </div>
  );
}

function NoScreen({ machine }: { readonly machine: MachineView }) {
  const context = useActionContext();
  const vm = machine.name;
  const power = machine.power === 'running' || machine.power === 'paused' ? 'starting' : machine.power;
  const isOff = power === 'off' || power === 'failed' || power === 'suspended';
  return (
    <EmptyState
      title={t(`${power}.title`, { vm })}
      {...(power === 'deciding' ? { text: t('deciding.text') } : {})}
      icon={<StateIcon power={machine.power} size={32} />}
    >
      {isOff ? (
        <ActionButton action={powerOn} context={context} testId="console.power-on" variant="filled" />
      ) : undefined}
    </EmptyState>
  );
}
