import { useEffect } from 'react';
import type { MachineView } from '../../../core/api/machines.ts';
import { client } from '../../transport/client.ts';
import { keepPicture, usePictures } from '../../stores/pictures.ts';
import { selectTab } from '../../stores/selection.ts';
import { StateIcon } from '../../components/state-icon.tsx';
import { formatDate } from '../../words/dates.ts';
import styles from './machine-page.module.css';
import { t } from './words.ts';

const everyMs = 1000;

/** The guest's screen once a second while it runs and the page is seen; afterwards the last picture, with its time. */
export function LivePicture({ machine }: { readonly machine: MachineView }) {
  const picture = usePictures((state) => state.byMachine[machine.id]);
  const isLive = machine.power === 'running' || machine.power === 'paused';
  usePicturesOf(machine.id, isLive);

  const alt =
    isLive || picture === undefined
      ? t('picture.live', { vm: machine.name })
      : t('picture.at', { vm: machine.name, time: new Date(picture.takenAt) });
  return (
    <figure className={styles.picture}>
      <button
        type="button"
        className={styles.screen}
        aria-label={t('picture.open', { vm: machine.name })}
        data-testid="summary.picture"
        data-live={isLive}
        onClick={() => {
          selectTab('console');
        }}
      >
        {picture === undefined ? (
          <span className={styles.noPicture}>
            <StateIcon power={machine.power} size={28} />
            <span>{t('picture.none')}</span>
          </span>
        ) : (
          <img src={picture.url} alt={alt} draggable={false} />
        )}
      </button>
      {picture !== undefined && !isLive ? (
        <figcaption>{t('picture.caption', { time: formatDate(picture.takenAt) })}</figcaption>
      ) : undefined}
    </figure>
  );
}

/** Asks for a picture every second, one at a time; a missed one doesn't matter. Of a machine that is off, once. */
function usePicturesOf(machineId: string, isLive: boolean): void {
  useEffect(() => {
    const stop = new AbortController();
    void (async () => {
      while (!stop.signal.aborted) {
        if (!document.hidden) {
          try {
            const { png, takenAt } = await client().machines.screenshot({ id: machineId }, { signal: stop.signal });
            if (!stop.signal.aborted) keepPicture(machineId, png, takenAt);
          } catch {
            // The machine never ran, is stopping or the wire is down; where it matters it is told elsewhere.
          }
        }
        if (!isLive) return;
        await new Promise((resolve) => setTimeout(resolve, everyMs));
      }
    })();
    return () => {
      stop.abort();
    };
  }, [machineId, isLive]);
}
