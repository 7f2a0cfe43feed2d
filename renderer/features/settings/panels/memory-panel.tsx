import { guestSystem } from '../../../components/guest-systems.ts';
import { MemoryField } from '../../../components/memory-field.tsx';
import type { Editor } from '../use-settings.ts';

/** How much memory the machine gets. */
export function MemoryPanel({ editor }: { editor: Editor }) {
  const { settings, maximumMemoryMb, isLocked, lockId } = editor;
  return (
    <MemoryField
      valueMb={settings.memoryMb}
      guest={guestSystem(settings.guestOs)}
      maximumMb={maximumMemoryMb}
      problem={editor.problemOf('memory')}
      isDisabled={isLocked}
      testId="settings.memory"
      {...(lockId === undefined ? {} : { describedBy: lockId })}
      onChange={(memoryMb) => {
        editor.change({ memoryMb });
      }}
    />
  );
}
