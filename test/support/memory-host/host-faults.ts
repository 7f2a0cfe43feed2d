/** One call of the host, as a fault sees it before it happens. */
export interface HostCall {
  readonly does:
    | 'look'
    | 'open'
    | 'read'
    | 'list'
    | 'create'
    | 'write'
    | 'truncate'
    | 'sync'
    | 'sync-folder'
    | 'rename'
    | 'remove'
    | 'make-folder'
    | 'link'
    | 'symbolic-link'
    | 'attributes';
  readonly path: string;
}

/** What goes wrong, in place of the call or with it. */
export type Trouble =
  | { readonly kind: 'error'; readonly errno: string }
  /** The process is gone before the call; its files stay as programs see them. */
  | { readonly kind: 'kill' }
  /** A write takes only a part of the bytes. */
  | { readonly kind: 'short' }
  /** A sync fails, and what it should have written counts as written from now on. */
  | { readonly kind: 'lost-sync'; readonly errno: string; readonly dropsCache: boolean };

export type FaultPlan = (call: HostCall, index: number) => Trouble | undefined;

/** Calls that only look: they fail in a fault plan of their own, because nothing on the disk depends on them. */
export function isLooking({ does }: HostCall): boolean {
  return does === 'look' || does === 'list' || does === 'open' || does === 'read';
}

export const noFaults: FaultPlan = () => undefined;

/** The same trouble for the nth call that `counts`, and if `andAfter` for all that follow. */
export function troubleAt(
  nth: number,
  trouble: Trouble,
  { andAfter = false, counts = (call: HostCall) => !isLooking(call) } = {},
): FaultPlan {
  let seen = 0;
  return (call) => {
    if (!counts(call)) return undefined;
    seen++;
    return seen === nth || (andAfter && seen > nth) ? trouble : undefined;
  };
}
