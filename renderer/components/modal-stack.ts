/**
 * Which modal dialog is on top, what lies under it, and where the focus goes back to.
 *
 * Entering makes the page and the dialogs below inert; leaving undoes exactly that and focuses the
 * element that had the focus before. If that element is gone (a menu item, a deleted row), the focus
 * goes to the element marked `data-focus-home`, so that it is never lost.
 */
export interface ModalToken {
  readonly element: HTMLElement;
  /** Once; later calls do nothing. */
  leave(): void;
}

const open: ModalToken[] = [];

/** `element` is the dialog's outermost element, already in the document. */
export function enterModal(element: HTMLElement): ModalToken {
  const before = document.activeElement;
  const token: ModalToken = {
    element,
    leave() {
      const index = open.indexOf(token);
      if (index < 0) return;
      open.splice(index, 1);
      markInert();
      if (index === open.length) giveFocusBack(before);
    },
  };
  open.push(token);
  // The frame's own level and one more for each dialog below.
  element.style.zIndex = String(200 + open.length);
  markInert();
  return token;
}

export function isTopModal(token: ModalToken): boolean {
  return open.at(-1) === token;
}

function markInert(): void {
  const page = document.getElementById('root');
  if (page !== null) page.inert = open.length > 0;
  for (const [index, token] of open.entries()) token.element.inert = index < open.length - 1;
}

function giveFocusBack(before: Element | null): void {
  const canTakeFocus = before instanceof HTMLElement && before.isConnected && before !== document.body;
  if (canTakeFocus) {
    before.focus({ preventScroll: true });
    if (document.activeElement === before) return;
  }
  const fallback =
    open.at(-1)?.element.querySelector<HTMLElement>('[role]') ??
    document.querySelector<HTMLElement>('[data-focus-home]');
  fallback?.focus({ preventScroll: true });
}
