import { useId, type ReactNode } from 'react';
import styles from './radio-cards.module.css';

export interface RadioCardOption<V extends string> {
  value: V;
  title: string;
  /** One line of explanation; it becomes the radio's description. */
  text?: string;
  icon?: ReactNode;
  /** Why it can't be chosen. A disabled choice always says so. */
  disabledReason?: string;
}

export interface RadioCardsProps<V extends string> {
  /** Accessible name of the group. */
  label: string;
  value: V | undefined;
  options: readonly RadioCardOption<V>[];
  onChange: (value: V) => void;
  /** The prefix of each card's test id: `{testId}.{value}`. */
  testId: string;
  /** All cards locked, for example while the machine runs; `describedBy` then points at the reason. */
  isLocked?: boolean;
  describedBy?: string;
}

/** A group of exclusive choices, each a card with a title and a line of explanation. */
export function RadioCards<V extends string>(props: RadioCardsProps<V>) {
  const { label, value, options, onChange, testId, isLocked = false, describedBy } = props;
  const group = useId();
  return (
    <div role="radiogroup" aria-label={label} aria-describedby={describedBy} className={styles.column}>
      {options.map((option) => {
        const titleId = `${group}-${option.value}-title`;
        const textId = `${group}-${option.value}-text`;
        const text = option.disabledReason ?? option.text;
        const isDisabled = isLocked || option.disabledReason !== undefined;
        return (
          <label
            key={option.value}
            className={styles.card}
            data-checked={value === option.value}
            data-disabled={isDisabled}
          >
            <input
              type="radio"
              className={styles.input}
              name={group}
              value={option.value}
              checked={value === option.value}
              disabled={isDisabled}
              aria-labelledby={titleId}
              aria-describedby={text === undefined ? undefined : textId}
              data-testid={`${testId}.${option.value}`}
              onChange={() => {
                onChange(option.value);
              }}
            />
            {option.icon === undefined ? undefined : (
              <span aria-hidden="true" className={styles.icon}>
                {option.icon}
              </span>
            )}
            <span className={styles.words}>
              <span id={titleId} className={styles.title}>
                {option.title}
              </span>
              {text === undefined ? undefined : (
                <span id={textId} className={styles.text}>
                  {option.disabledReason !== undefined && option.text !== undefined ? `${option.text} ` : ''}
                  {option.disabledReason === undefined ? (
                    option.text
                  ) : (
                    <em className={styles.reason}>{option.disabledReason}</em>
                  )}
                </span>
              )}
            </span>
          </label>
        );
      })}
    </div>
  );
}
