import { useActionContext } from '../../actions/context.ts';
import { newMachine } from '../../actions/new-machine.ts';
import { openMachine } from '../../actions/open-machine.ts';
import { tryDemo } from '../../actions/try-demo.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { defineWords } from '../../words/message.ts';
import { ChainDrawing } from './chain-drawing.tsx';
import styles from './welcome-page.module.css';

const t = defineWords({
  tagline: 'Run a machine. Change anything. Take it back.',
  title: 'No machines yet',
  text: 'Make one, open one from disk, or try the demo machine that starts in a second.',
  new: 'New Virtual Machine',
});

/** The empty library: what this is, and the three ways to begin. */
export function WelcomePage() {
  const context = useActionContext();
  return (
    <section className={styles.page} data-testid="welcome">
      <ChainDrawing />
      <h1 className={styles.tagline}>{t('tagline')}</h1>
      <h2 className={styles.title}>{t('title')}</h2>
      <p className={styles.text}>{t('text')}</p>
      <div className={styles.actions}>
        <ActionButton action={tryDemo} context={context} testId="welcome.demo" variant="filled" />
        <ActionButton action={newMachine} context={context} testId="welcome.new" label={t('new')} />
        <ActionButton action={openMachine} context={context} testId="welcome.open" />
      </div>
    </section>
  );
}
