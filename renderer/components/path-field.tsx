import { Button, TextInput } from '@mantine/core';
import { useId, type ReactNode } from 'react';
import styles from './path-field.module.css';

export interface PathFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Opens a dialog in which the path can be chosen. Absent: there is no such dialog for it. */
  onBrowse?: () => void;
  /** The button's accessible name, for example `Browse for the disk file`; it shows `Browse…`. */
  browseLabel?: string;
  help?: ReactNode;
  /** A sentence; the field gets `aria-invalid`. */
  problem?: ReactNode;
  isDisabled?: boolean;
  /** Id of the sentence that says why it is locked. */
  describedBy?: string;
  placeholder?: string;
  testId: string;
  browseTestId?: string;
}

/** A typed path with a Browse button beside it. */
export function PathField(props: PathFieldProps) {
  const {
    label,
    value,
    onChange,
    onBrowse,
    browseLabel,
    help,
    problem,
    isDisabled = false,
    describedBy,
    placeholder,
    testId,
    browseTestId,
  } = props;
  const id = useId();
  return (
    <div className={styles.field}>
      <TextInput
        id={id}
        className={styles.input ?? ''}
        label={label}
        value={value}
        placeholder={placeholder ?? ''}
        description={help}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        error={problem}
        disabled={isDisabled}
        spellCheck={false}
        autoComplete="off"
        dir="ltr"
        data-testid={testId}
        {...(describedBy === undefined ? {} : { 'aria-describedby': describedBy })}
        onChange={(event) => {
          onChange(event.currentTarget.value);
        }}
      />
      {onBrowse === undefined ? undefined : (
        <Button
          className={styles.browse ?? ''}
          variant="default"
          disabled={isDisabled}
          aria-label={browseLabel ?? `Browse: ${label}`}
          data-testid={browseTestId ?? `${testId}.browse`}
          onClick={onBrowse}
        >
          Browse…
        </Button>
      )}
    </div>
  );
}
