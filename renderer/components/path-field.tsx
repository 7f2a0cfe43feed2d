import { Button, Input } from '@mantine/core';
import { useId, type ReactNode } from 'react';
import { LockedLabel } from './locked-label.tsx';
import styles from './path-field.module.css';

export interface PathFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Opens a dialog in which the path can be chosen. Absent: there is no such dialog for it. */
  onBrowse?: () => void;
  /** The button's accessible name, for example `Browse for a disk`; it shows `Browse…`. */
  browseLabel?: string;
  help?: ReactNode;
  /** A sentence; the field gets `aria-invalid`. */
  problem?: ReactNode;
  isDisabled?: boolean;
  /** Id of the sentence that says why it is locked. */
  describedBy?: string;
  testId: string;
  browseTestId?: string;
}

/** A typed path with a Browse button beside it. */
export function PathField(props: PathFieldProps) {
  const { label, value, onChange, onBrowse, browseLabel, help, problem, describedBy, testId, browseTestId } = props;
  const { isDisabled = false } = props;
  const id = useId();
  const hasProblem = problem !== undefined;
  const sentences = [
    help === undefined ? undefined : `${id}-description`,
    hasProblem ? `${id}-error` : undefined,
    describedBy,
  ];
  return (
    <Input.Wrapper
      id={id}
      size="xs"
      label={<LockedLabel isLocked={describedBy !== undefined}>{label}</LockedLabel>}
      description={help}
      error={problem}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
    >
      <div className={styles.field}>
        <Input
          id={id}
          size="xs"
          className={styles.input ?? ''}
          value={value}
          error={hasProblem}
          disabled={isDisabled}
          spellCheck={false}
          autoComplete="off"
          dir="ltr"
          data-testid={testId}
          aria-invalid={hasProblem}
          aria-describedby={sentences.filter((one) => one !== undefined).join(' ')}
          onChange={(event) => {
            onChange(event.currentTarget.value);
          }}
        />
        {onBrowse === undefined ? undefined : (
          <Button
            className={styles.browse ?? ''}
            disabled={isDisabled}
            aria-label={browseLabel ?? `Browse: ${label}`}
            data-testid={browseTestId ?? `${testId}.browse`}
            onClick={onBrowse}
          >
            Browse…
          </Button>
        )}
      </div>
    </Input.Wrapper>
  );
}
