import { useEffect, useState } from 'react';
import { dismissToast, useToasts, type Toast } from '../stores/toasts.ts';
import styles from './toasts.module.css';

const shownMs = 8000;

/** Short news in the corner; spoken politely, gone after eight seconds unless the pointer or focus is on it. */
export function Toasts() {
  const toasts = useToasts((state) => state.toasts);
  return (
    <div className={styles.stack} role="status" data-testid="toasts">
      {toasts.map((toast) => (
        <ToastCard key={toast.key} toast={toast} />
      ))}
    </div>
  );
}

function ToastCard({ toast }: { readonly toast: Toast }) {
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    if (isHeld) return undefined;
    const timer = setTimeout(() => {
      dismissToast(toast.key);
    }, shownMs);
    return () => {
      clearTimeout(timer);
    };
  }, [isHeld, toast.key]);
  const hold = () => {
    setHeld(true);
  };
  const release = () => {
    setHeld(false);
  };
  return (
    <div className={styles.toast} onPointerEnter={hold} onPointerLeave={release} onFocus={hold} onBlur={release}>
      <span>{toast.text}</span>
      <button
        type="button"
        className={styles.close}
        aria-label="Dismiss"
        onClick={() => {
          dismissToast(toast.key);
        }}
      >
        <span aria-hidden="true">✕</span>
      </button>
    </div>
  );
}
