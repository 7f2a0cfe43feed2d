import { Button } from '@mantine/core';
import { pickPath } from '../disk-picker/pick-path.ts';
import { addDisk, diskPlace, freeSlot, removeDisk } from './settings-draft.ts';
import { t } from './settings-words.ts';
import type { Editor } from './use-settings.ts';

/**
 * Adds and removes disks. They stand after the page in the order of Tab, so that Tab leads from the hardware
 * list into the page of the device.
 */
export function DeviceButtons({ editor }: { editor: Editor }) {
  const { settings, machine, place, isLocked } = editor;
  const slot = settings.disks.find((disk) => diskPlace(disk.slot) === place)?.slot;
  const free = freeSlot(settings);
  return (
    <>
      <Button
        data-testid="settings.add"
        disabled={isLocked || free === undefined}
        title={free === undefined ? t('noSlot') : undefined}
        aria-describedby={editor.lockId}
        onClick={() => {
          pickPath({
            what: 'disk',
            machineDirectory: machine.directory,
            machineName: machine.name,
            onPick: (path) => {
              editor.replace(addDisk(settings, path));
              if (free !== undefined) editor.goTo(diskPlace(free));
            },
          });
        }}
      >
        {t('add')}
      </Button>
      <Button
        data-testid="settings.remove"
        disabled={isLocked || slot === undefined || settings.disks.length < 2}
        title={slot !== undefined && settings.disks.length < 2 ? t('lastDisk') : undefined}
        aria-describedby={editor.lockId}
        onClick={() => {
          if (slot !== undefined) editor.replace(removeDisk(settings, slot));
        }}
      >
        {t('remove')}
      </Button>
    </>
  );
}
