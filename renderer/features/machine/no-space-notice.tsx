import { Button } from '@mantine/core';
import type { MachineView } from '../../../core/api/machines.ts';
import { attempt } from '../../actions/run-action.ts';
import { Notice } from '../../components/notice.tsx';
import { client } from '../../transport/client.ts';
import { t } from './words.ts';

/** The guest stands still because its host has no room for what it writes: how to go on, or to stop without loss. */
export function NoSpaceNotice({ machine }: { readonly machine: MachineView }) {
  const { id, name, paused } = machine;
  if (paused?.reason !== 'no-space') return undefined;
  const { volume = machine.directory, freeBytes = 0, needBytes = 0 } = paused;
  const values = { volume, vm: name, free: { bytes: freeBytes }, need: { bytes: needBytes } };
  return (
    <Notice
      kind="problem"
      testId="machine.no-space"
      actions={
        <>
          <Button
            data-testid="no-space.again"
            onClick={() =>
              void attempt(
                () =>
                  client()
                    .machines.resume({ id })
                    .then(() => undefined),
                id,
              )
            }
          >
            {t('no-space.again')}
          </Button>
          <Button
            data-testid="no-space.keep"
            variant="default"
            onClick={() =>
              void attempt(
                () =>
                  client()
                    .machines.powerOff({ id, keep: true })
                    .then(() => undefined),
                id,
              )
            }
          >
            {t('no-space.keep')}
          </Button>
        </>
      }
    >
      <strong>{t('no-space.title', values)}</strong>
      <div>{t('no-space.text', values)}</div>
    </Notice>
  );
}
