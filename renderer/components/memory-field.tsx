import { NumberInput, Slider } from '@mantine/core';
import { LockedLabel } from './locked-label.tsx';
import type { GuestSystem } from './guest-systems.ts';
import { memoryStops, nearestStop } from './memory-scale.ts';
import { defineWords } from '../words/message.ts';
import styles from './memory-field.module.css';

const t = defineWords({
  label: 'Memory',
  unit: 'MB',
  slider: 'Memory, on a scale',
  value: '{mb, number} MB',
  minimum: 'Minimum for {guest}: {mb, number} MB',
  recommended: 'Recommended: {mb, number} MB',
  limit: 'Most on this computer: {mb, number} MB',
});

export interface MemoryFieldProps {
  /** NaN: not a number yet. */
  valueMb: number;
  guest: GuestSystem;
  maximumMb: number;
  problem: string | undefined;
  onChange: (memoryMb: number) => void;
  isDisabled?: boolean;
  describedBy?: string;
  testId: string;
}

/** A slider and a number that are one value, with the three sizes that matter marked on the scale. */
export function MemoryField(props: MemoryFieldProps) {
  const { valueMb, guest, maximumMb, problem, onChange, isDisabled = false, describedBy, testId } = props;
  const stops = memoryStops(maximumMb);
  const recommendedMb = Math.min(guest.recommendedMb, maximumMb);
  const marks = [
    ...new Set([nearestStop(stops, guest.minimumMb), nearestStop(stops, recommendedMb), stops.length - 1]),
  ];
  return (
    <div className={styles.field}>
      <NumberInput
        label={<LockedLabel isLocked={isDisabled}>{t('label')}</LockedLabel>}
        className={styles.number ?? ''}
        suffix={` ${t('unit')}`}
        value={Number.isNaN(valueMb) ? '' : valueMb}
        allowNegative={false}
        allowDecimal={false}
        step={16}
        error={problem !== undefined}
        disabled={isDisabled}
        data-testid={testId}
        {...(describedBy === undefined ? {} : { 'aria-describedby': describedBy })}
        onChange={(value) => {
          onChange(typeof value === 'number' ? value : Number.parseInt(value, 10));
        }}
      />
      <Slider
        className={styles.slider ?? ''}
        thumbLabel={t('slider')}
        thumbProps={{ 'aria-valuetext': t('value', { mb: Number.isNaN(valueMb) ? 0 : valueMb }) }}
        min={0}
        max={stops.length - 1}
        step={1}
        label={(index) => t('value', { mb: stops[index] ?? 0 })}
        marks={marks.map((value) => ({ value }))}
        value={nearestStop(stops, valueMb)}
        disabled={isDisabled}
        onChange={(index) => {
          onChange(stops[index] ?? valueMb);
        }}
      />
      {problem === undefined ? undefined : (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
      <ul className={styles.legend}>
        <li>{t('minimum', { guest: guest.name, mb: guest.minimumMb })}</li>
        <li>{t('recommended', { mb: recommendedMb })}</li>
        <li>{t('limit', { mb: maximumMb })}</li>
      </ul>
    </div>
  );
}
