import { Button } from '@mantine/core';
import { useId, useState } from 'react';
import { DialogBody, DialogFooter, DialogFrame } from '../../components/dialog-frame.tsx';
import { Notice } from '../../components/notice.tsx';
import { errorDetailsText, errorPath } from '../../errors/error-details-text.ts';
import { errorMessage } from '../../errors/error-messages.ts';
import type { NextStep } from '../../errors/next-step.ts';
import { canPerform, performNextStep, stepLabel } from '../../errors/perform-next-step.ts';
import type { RedoubtError } from '../../errors/redoubt-error.ts';
import type { ErrorContext } from '../../stores/dialogs.ts';
import { t } from './dialogs-words.ts';
import styles from './dialogs.module.css';

export interface ErrorDialogProps {
  error: RedoubtError;
  context: ErrorContext;
  onClose: () => void;
}

/** What went wrong, why, and what can be done about it now. The details are folded. */
export function ErrorDialog({ error, context, onClose }: ErrorDialogProps) {
  const { title, text, steps } = errorMessage(error);
  const possible = steps.filter((step) => canPerform(step, context));
  const path = errorPath(error);
  const textId = useId();
  const [isCopied, setIsCopied] = useState(false);
  const [isWatching, setIsWatching] = useState(false);
  const details = errorDetailsText(error);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(details);
      setIsCopied(true);
    } catch {
      // The clipboard may be closed to a page; the details stand there to be selected.
    }
  };

  const take = async (step: NextStep) => {
    if (step.kind === 'break-lock') {
      // Takes a while, and nothing else would show that anything happens.
      setIsWatching(true);
      await performNextStep(step, context);
      onClose();
      return;
    }
    onClose();
    await performNextStep(step, context);
  };

  return (
    <DialogFrame
      role="alertdialog"
      title={title}
      describedBy={textId}
      testId="error"
      canClose={!isWatching}
      onClose={onClose}
    >
      <DialogBody>
        <div id={textId}>
          <p className={styles.text} data-selectable>
            {text}
          </p>
          {path === undefined || text.includes(path) ? undefined : (
            <p className={styles.path} dir="ltr" data-selectable>
              {path}
            </p>
          )}
        </div>
        {isWatching ? (
          <Notice kind="info" testId="error.breaking">
            {t('error.breaking')}
          </Notice>
        ) : undefined}
        <details className={styles.details}>
          <summary>
            {t('error.details')} <code data-testid="error.code">{error.code}</code>
          </summary>
          <pre className={styles.detailsText}>{details}</pre>
          <Button variant="subtle" data-testid="error.copy" onClick={() => void copy()}>
            <span aria-live="polite">{t(isCopied ? 'error.copied' : 'error.copy')}</span>
          </Button>
        </details>
      </DialogBody>
      <DialogFooter>
        <Button
          variant={possible.length === 0 ? 'filled' : 'default'}
          data-testid="error.close"
          disabled={isWatching}
          {...(possible.length === 0 ? { 'data-autofocus': true } : {})}
          onClick={onClose}
        >
          {t('close')}
        </Button>
        {[...possible].reverse().map((step) => {
          const isAdvised = step === possible[0];
          return (
            <Button
              key={step.kind}
              variant={isAdvised ? 'filled' : 'default'}
              data-testid={`error.${step.kind}`}
              {...(isAdvised ? { 'data-autofocus': true } : {})}
              disabled={isWatching && step.kind !== 'break-lock'}
              loading={isWatching && step.kind === 'break-lock'}
              onClick={() => void take(step)}
            >
              {stepLabel(step)}
            </Button>
          );
        })}
      </DialogFooter>
    </DialogFrame>
  );
}
