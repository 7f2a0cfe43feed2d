import {
  IconAlertTriangleFilled,
  IconCircle,
  IconHelpCircleFilled,
  IconLoader2,
  IconMoonFilled,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
} from '@tabler/icons-react';
import type { PowerState } from '../../core/api/machines.ts';
import { defineWords } from '../words/message.ts';
import styles from './state-icon.module.css';

const icons = {
  off: IconCircle,
  starting: IconLoader2,
  running: IconPlayerPlayFilled,
  paused: IconPlayerPauseFilled,
  suspended: IconMoonFilled,
  stopping: IconLoader2,
  deciding: IconHelpCircleFilled,
  failed: IconAlertTriangleFilled,
} as const satisfies Record<PowerState, typeof IconCircle>;

/** The words of the power states. */
export const powerWords = defineWords({
  off: 'Powered off',
  starting: 'Starting',
  running: 'Running',
  paused: 'Paused',
  suspended: 'Suspended',
  stopping: 'Powering off',
  deciding: 'Waiting for your decision',
  failed: 'Stopped by an error',
});

/** A machine's power as a shape; the word stands beside it or in the row's name. */
export function StateIcon({ power, size = 14 }: { readonly power: PowerState; readonly size?: number }) {
  const Icon = icons[power];
  return <Icon className={styles.icon} data-power={power} size={size} aria-hidden="true" />;
}
