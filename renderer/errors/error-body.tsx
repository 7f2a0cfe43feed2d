import { Button } from '@mantine/core';
import { useState } from 'react';
import type { ErrorContext } from '../stores/dialogs.ts';
import { errorDetailsText, errorPath } from './error-details-text.ts';
import { errorMessage } from './error-messages.ts';
import styles from './error-body.module.css';
import { canPerform, performNextStep, stepLabel } from './perform-next-step.ts';
import type { RedoubtError } from './redoubt-error.ts';
import { t } from './words.ts';

/** Why and where, below the title: the text, the whole path, and the code that logs and command line show. */
export function ErrorFacts({ error }: { readonly error: RedoubtError }) {
  const path = errorPath(error);
  return (
    <>
      <p className={styles.text} data-selectable>
        {errorMessage(error).text}
      </p>
      {path === undefined ? undefined : (
        <p className={styles.path} dir="ltr" data-selectable>
          {path}
        </p>
      )}
    </>
  );
}

/** The code, small, with the button that copies everything for a report. */
export function ErrorCodeLine({ error }: { readonly error: RedoubtError }) {
  const [isCopied, setCopied] = useState(false);
  const copy = () => {
    navigator.clipboard.writeText(errorDetailsText(error)).then(
      () => {
        setCopied(true);
      },
      // The clipboard may be closed to a page; the words stand there to be selected.
      () => undefined,
    );
  };
  return (
    <span className={styles.codeLine}>
      <code data-selectable data-testid="error.code">
        {error.code}
      </code>
      <button type="button" className={styles.copy} onClick={copy} data-testid="error.copy">
        {isCopied ? t('copy.done') : t('copy.details')}
      </button>
      <span className="visually-hidden" role="status">
        {isCopied ? t('copy.done') : ''}
      </span>
    </span>
  );
}

/** The steps that can be taken now, the advised one first. */
export function ErrorSteps({ error, context }: { readonly error: RedoubtError; readonly context: ErrorContext }) {
  const steps = errorMessage(error).steps.filter((step) => canPerform(step, context));
  return steps.map((step) => (
    <Button
      key={step.kind}
      data-testid={`error.${step.kind}`}
      onClick={() => {
        void performNextStep(step, context);
      }}
    >
      {stepLabel(step)}
    </Button>
  ));
}
