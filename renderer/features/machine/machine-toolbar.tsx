import {
  IconPlayerPauseFilled,
  IconPlayerPlay,
  IconPlayerPlayFilled,
  IconPower,
  IconRefresh,
  IconSettings,
  IconSquareFilled,
} from '@tabler/icons-react';
import { useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import type { ActionContext } from '../../actions/action.ts';
import { machineToolbar } from '../../actions/action-table.ts';
import { canPowerOn } from '../../actions/power-state.ts';
import { ActionButton } from '../../components/action-button.tsx';
import styles from './machine-page.module.css';
import { t } from './words.ts';

const icons: Readonly<Record<string, ReactNode>> = {
  'power-on': <IconPlayerPlayFilled size={14} aria-hidden="true" />,
  'shut-down': <IconPower size={16} aria-hidden="true" />,
  'power-off': <IconSquareFilled size={13} aria-hidden="true" />,
  pause: <IconPlayerPauseFilled size={14} aria-hidden="true" />,
  resume: <IconPlayerPlay size={15} aria-hidden="true" />,
  reset: <IconRefresh size={16} aria-hidden="true" />,
  'open-settings': <IconSettings size={16} aria-hidden="true" />,
};

/** The machine's toolbar: one tab stop, arrows inside. Power On is the one with words, and stands out while it can be pressed. */
export function MachineToolbar({ context }: { readonly context: ActionContext }) {
  const bar = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(0);
  const actions = machineToolbar.filter((action) => action.isOffered?.(context) ?? true);

  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 };
    const last = actions.length - 1;
    const step = steps[event.key];
    let next: number;
    if (step !== undefined) next = Math.min(last, Math.max(0, current + step));
    else if (event.key === 'Home') next = 0;
    else if (event.key === 'End') next = last;
    else return;
    event.preventDefault();
    setCurrent(next);
    bar.current?.querySelectorAll('button')[next]?.focus();
  };

  const isOff = canPowerOn(context) === true;
  return (
    <div
      ref={bar}
      className={styles.toolbar}
      role="toolbar"
      aria-label={t('toolbar.name')}
      onKeyDown={onKeyDown}
      data-testid="toolbar"
    >
      {actions.map((action, index) => (
        <ActionButton
          key={action.id}
          action={action}
          context={context}
          testId={`toolbar.${action.id}`}
          icon={icons[action.id]}
          isIconOnly={action.id !== 'power-on' && action.id !== 'power-off'}
          variant={action.id === 'power-on' && isOff ? 'filled' : 'default'}
          tabIndex={index === current ? 0 : -1}
        />
      ))}
    </div>
  );
}
