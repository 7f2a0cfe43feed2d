import { IconArrowsMaximize, IconCamera, IconKeyboard, IconZoomScan } from '@tabler/icons-react';
import { useActionContext } from '../../actions/context.ts';
import { fullScreen } from '../../actions/full-screen.ts';
import { scaleConsole } from '../../actions/scale-console.ts';
import { sendCtrlAltDel } from '../../actions/send-ctrl-alt-del.ts';
import { takeScreenshot } from '../../actions/take-screenshot.ts';
import { ActionButton } from '../../components/action-button.tsx';
import styles from './console.module.css';
import { t } from './words.ts';

/** The strip below the screen: how to get in or out, and what can be done to the guest from outside. */
export function ConsoleBar({ isGrabbed }: { readonly isGrabbed: boolean }) {
  const context = useActionContext();
  return (
    <div className={styles.bar} data-testid="console.bar">
      <p className={styles.strip} data-testid="console.strip" data-grabbed={isGrabbed}>
        {isGrabbed ? t('strip.grabbed') : t('strip.free')}
      </p>
      <ActionButton
        action={sendCtrlAltDel}
        context={context}
        label={t('ctrl-alt-del')}
        testId="console.ctrl-alt-del"
        variant="subtle"
        icon={<IconKeyboard size={16} aria-hidden="true" />}
      />
      <ActionButton
        action={scaleConsole}
        context={context}
        label={t('scale')}
        testId="console.scale"
        variant="subtle"
        isIconOnly
        icon={<IconZoomScan size={16} aria-hidden="true" />}
      />
      <ActionButton
        action={takeScreenshot}
        context={context}
        label={t('screenshot')}
        testId="console.screenshot"
        variant="subtle"
        isIconOnly
        icon={<IconCamera size={16} aria-hidden="true" />}
      />
      <ActionButton
        action={fullScreen}
        context={context}
        label={t('full-screen')}
        testId="console.full-screen"
        variant="subtle"
        isIconOnly
        icon={<IconArrowsMaximize size={16} aria-hidden="true" />}
      />
    </div>
  );
}
