import { create } from 'zustand';

export interface Toast {
  readonly key: number;
  readonly text: string;
}

/** Short news that needs no answer. Never the only place of a fact. */
export const useToasts = create<{ readonly toasts: readonly Toast[] }>()(() => ({ toasts: [] }));

let nextKey = 1;

export function showToast(text: string): void {
  const toast = { key: nextKey++, text };
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts, toast] }));
}

export function dismissToast(key: number): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.key !== key) }));
}
