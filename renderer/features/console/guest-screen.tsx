import { useEffect, useRef, useState } from 'react';
import type { MachineView } from '../../../core/api/machines.ts';
import { useConsole } from '../../stores/console.ts';
import { useDialogs } from '../../stores/dialogs.ts';
import { usePreferences } from '../../stores/preferences.ts';
import { ConsoleBar } from './console-bar.tsx';
import styles from './console.module.css';
import { ScreenSession } from './screen-session.ts';
import { t } from './words.ts';

/**
 * The picture of a running guest, with keyboard and pointer. A click or Enter hands them to the guest;
 * Ctrl+Alt, or the focus going elsewhere, takes them back.
 */
export function GuestScreen({ machine }: { readonly machine: MachineView }) {
  const { id, name } = machine;
  const frame = useRef<HTMLDivElement>(null);
  const target = useRef<HTMLDivElement>(null);
  const session = useRef<ScreenSession>(undefined);
  const [isConnected, setConnected] = useState(false);
  const isGrabbed = useConsole((state) => state.isGrabbed);
  const isScaled = usePreferences((state) => state.isConsoleScaled);

  useEffect(() => {
    const [outer, inner] = [frame.current, target.current];
    if (outer === null || inner === null) return undefined;
    const opened = new ScreenSession(id, inner, {
      onConnected: setConnected,
      onGrabbed: (isNow) => {
        useConsole.setState({ isGrabbed: isNow });
        // The keyboard comes back to the frame, so that Tab goes on from here.
        if (!isNow && inner.contains(document.activeElement)) outer.focus({ preventScroll: true });
      },
    });
    session.current = opened;
    // A dialog is drawn outside the frame: full screen would hide it.
    const endDialogWatch = useDialogs.subscribe((dialogs) => {
      if (dialogs.stack.length > 0 && document.fullscreenElement !== null) void document.exitFullscreen();
    });
    useConsole.setState({
      handle: {
        machineId: id,
        sendCtrlAltDel: () => {
          opened.sendCtrlAltDel();
        },
        takePicture: () => opened.takePicture(),
        toggleFullScreen: () => {
          void (document.fullscreenElement === null ? outer.requestFullscreen() : document.exitFullscreen());
        },
      },
    });
    return () => {
      endDialogWatch();
      useConsole.setState({ handle: undefined, isGrabbed: false });
      session.current = undefined;
      opened.dispose();
    };
  }, [id]);

  useEffect(() => {
    session.current?.setScaled(isScaled);
  }, [isScaled, isConnected]);

  return (
    <div ref={frame} className={styles.frame} tabIndex={-1} data-grabbed={isGrabbed}>
      <div
        ref={target}
        className={styles.screen}
        role="application"
        aria-label={t('name', { vm: name })}
        tabIndex={isGrabbed ? -1 : 0}
        data-testid="console.screen"
        data-connected={isConnected}
        data-scaled={isScaled}
        onPointerDownCapture={() => session.current?.grab()}
        onKeyDown={(event) => {
          if (event.target !== event.currentTarget || event.key !== 'Enter') return;
          event.preventDefault();
          session.current?.grab();
        }}
      />
      {isConnected ? undefined : (
        <p className={styles.connecting} role="status">
          {t('connecting', { vm: name })}
        </p>
      )}
      <ConsoleBar isGrabbed={isGrabbed} />
      <span className="visually-hidden" role="status">
        {isGrabbed ? t('grabbed', { vm: name }) : ''}
      </span>
    </div>
  );
}
