import type { MachineView } from '../../../core/api/machines.ts';
import { ChainText } from '../../components/chain-text.tsx';
import { guestSystem } from '../../components/guest-systems.ts';
import { powerWords } from '../../components/state-icon.tsx';
import { useNow } from '../../components/use-now.ts';
import { useShellInfo } from '../../stores/shell-info.ts';
import { backendLine, backendName } from '../../words/backends.ts';
import { formatElapsed } from '../../words/dates.ts';
import { FactList, type Fact } from './fact-list.tsx';
import { chainOf, diskFacts } from './disk-facts.ts';
import { LivePicture } from './live-picture.tsx';
import styles from './machine-page.module.css';
import { t } from './words.ts';

/** The machine at a glance: what it shows, what it does, what it stands on. */
export function SummaryTab({ machine }: { readonly machine: MachineView }) {
  const backends = useShellInfo((state) => state.info?.backends);
  const backend = backends?.find((candidate) => candidate.name === machine.effectiveBackend);
  const runsOn =
    backend !== undefined
      ? backendLine(backend)
      : machine.effectiveBackend === undefined
        ? undefined
        : backendName(machine.effectiveBackend);
  const facts: Fact[] = [
    { label: t('fact.state'), value: <StateWords machine={machine} />, testId: 'summary.state' },
    ...diskFacts(machine),
    { label: t('fact.memory'), value: t('memory.value', { mb: machine.memoryMb }), testId: 'summary.memory' },
    { label: t('fact.network'), value: t('network.value', { network: machine.network }) },
    { label: t('fact.guest'), value: guestSystem(machine.guestOs).name },
    ...(runsOn === undefined ? [] : [{ label: t('fact.runs-on'), value: runsOn, testId: 'summary.backend' }]),
    { label: t('fact.folder'), value: machine.directory, isPath: true },
  ];
  const chains = machine.disks.flatMap((disk) => (disk.chain === undefined ? [] : [{ disk, links: chainOf(disk) }]));
  return (
    <div className={styles.summary} data-testid="summary">
      <LivePicture machine={machine} />
      <div className={styles.facts}>
        <FactList facts={facts} />
        {chains.map(({ disk, links }) => (
          <section key={disk.slot} className={styles.chain}>
            <h2 className={styles.subtitle}>{t('chain.title')}</h2>
            <ChainText links={links} testId="summary.chain" />
          </section>
        ))}
      </div>
    </div>
  );
}

/** The power state, and for how long while it runs. */
function StateWords({ machine }: { readonly machine: MachineView }) {
  const now = useNow(1000);
  const state = powerWords(machine.power);
  if (machine.startedAt === undefined || machine.power !== 'running') return state;
  return t('state.for', { state, elapsed: formatElapsed(now - machine.startedAt) });
}
