import { IconLock } from '@tabler/icons-react';
import type { ReactNode } from 'react';

/** A field's label, with a lock while it can't be changed. Why it can't stands elsewhere; the field points there. */
export function LockedLabel({ isLocked, children }: { isLocked: boolean; children: ReactNode }) {
  return (
    <>
      {children}
      {isLocked ? (
        <IconLock size={13} aria-hidden="true" style={{ marginInlineStart: 5, verticalAlign: -2, opacity: 0.75 }} />
      ) : undefined}
    </>
  );
}
