import { FocusTrap, Portal } from '@mantine/core';
import { useEffect, useId, useLayoutEffect, useRef, type CSSProperties, type ReactNode } from 'react';
import { enterModal, isTopModal, type ModalToken } from './modal-stack.ts';
import styles from './dialog-frame.module.css';

export interface DialogFrameProps {
  /** `alertdialog` for questions that the user must answer, `dialog` for forms. */
  role: 'dialog' | 'alertdialog';
  /** Visible heading. */
  title: string;
  /** The accessible name, where it says more than the heading (the wizard names its step). */
  label?: string;
  /** Id of the element that holds the facts; read aloud after the name. */
  describedBy?: string;
  widthPx?: number;
  /** A fixed height keeps a wizard from jumping between its steps. */
  heightPx?: number;
  testId?: string;
  /** Called for Esc and the close button: the harmless answer. Clicking outside does nothing, on purpose. */
  onClose: () => void;
  /** Other keys of the dialog, for example Alt+K. */
  onKeyDown?: (event: React.KeyboardEvent) => void;
  /** False where an unfinished step must not be left, so that Esc and the close button do nothing. */
  canClose?: boolean;
  children: ReactNode;
}

/**
 * The frame of every dialog: heading, close button, trapped focus, and focus given back afterwards.
 *
 * Mark the element that gets the focus first with `data-autofocus`. While a dialog is open everything
 * under it is inert, also dialogs below it, so a screen reader finds only the top one.
 */
export function DialogFrame(props: DialogFrameProps) {
  return (
    <Portal>
      <Surface {...props} />
    </Portal>
  );
}

/** Inside the portal, which fills itself only after it is mounted: here the elements are in the document. */
function Surface(props: DialogFrameProps) {
  const {
    role,
    title,
    label,
    describedBy,
    widthPx = 520,
    heightPx,
    testId,
    onClose,
    onKeyDown,
    canClose = true,
    children,
  } = props;
  const titleId = useId();
  const root = useRef<HTMLDivElement>(null);
  const token = useRef<ModalToken>(undefined);

  useLayoutEffect(() => {
    const element = root.current;
    if (element === null) return;
    const modal = enterModal(element);
    token.current = modal;
    return () => {
      modal.leave();
    };
  }, []);

  useEffect(() => {
    const closeOnEscape = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return;
      if (token.current === undefined || !isTopModal(token.current) || !canClose) return;
      event.preventDefault();
      onClose();
    };
    window.addEventListener('keydown', closeOnEscape);
    return () => {
      window.removeEventListener('keydown', closeOnEscape);
    };
  }, [onClose, canClose]);

  const size: CSSProperties = { width: widthPx, ...(heightPx === undefined ? {} : { height: heightPx }) };
  return (
    <div ref={root} className={styles.backdrop}>
      <FocusTrap active>
        <section
          role={role}
          aria-modal="true"
          {...(label === undefined ? { 'aria-labelledby': titleId } : { 'aria-label': label })}
          aria-describedby={describedBy}
          tabIndex={-1}
          className={styles.dialog}
          style={size}
          data-testid={testId}
          onKeyDown={onKeyDown}
        >
          <header className={styles.header}>
            <h2 id={titleId} className={styles.title}>
              {title}
            </h2>
            <button type="button" className={styles.close} aria-label="Close" onClick={onClose} disabled={!canClose}>
              <span aria-hidden="true">✕</span>
            </button>
          </header>
          {children}
        </section>
      </FocusTrap>
    </div>
  );
}

/** The scrolling middle of a dialog. */
export function DialogBody({ id, children, flush = false }: { id?: string; children: ReactNode; flush?: boolean }) {
  return (
    <div id={id} className={flush ? styles.flushBody : styles.body}>
      {children}
    </div>
  );
}

/** The row of buttons at the bottom; `start` stands apart at the left, as dangerous answers do. */
export function DialogFooter({ start, children }: { start?: ReactNode; children: ReactNode }) {
  return (
    <footer className={styles.footer}>
      <div className={styles.footerStart}>{start}</div>
      <div className={styles.footerEnd}>{children}</div>
    </footer>
  );
}
