import type { KeyboardEvent, PointerEvent } from 'react';
import { setPreferences, usePreferences } from '../../stores/preferences.ts';
import styles from './sidebar-edge.module.css';
import { t } from './words.ts';

const narrowestPx = 160;
const widestPx = 480;
const stepPx = 16;

/** The line beside the library; drag it, or move it with the arrows, to make room. */
export function SidebarEdge() {
  const width = usePreferences((state) => state.sidebarWidthPx);
  const resize = (widthPx: number) => {
    setPreferences({ sidebarWidthPx: Math.round(Math.min(widestPx, Math.max(narrowestPx, widthPx))) });
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) resize(event.clientX);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowLeft') resize(width - stepPx);
    else if (event.key === 'ArrowRight') resize(width + stepPx);
    else return;
    event.preventDefault();
  };
  return (
    <div
      className={styles.edge}
      role="separator"
      aria-orientation="vertical"
      aria-label={t('edge')}
      aria-valuenow={width}
      aria-valuemin={narrowestPx}
      aria-valuemax={widestPx}
      tabIndex={0}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={onPointerMove}
      onKeyDown={onKeyDown}
    />
  );
}
