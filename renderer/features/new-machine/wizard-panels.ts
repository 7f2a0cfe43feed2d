import type { WizardAnswers } from './wizard-answers.ts';

/** One page of the wizard. */
export type PanelId =
  | 'configuration'
  | 'guest'
  | 'name'
  | 'memory'
  | 'network'
  | 'adapter'
  | 'disk-choice'
  | 'capacity'
  | 'disk-file'
  | 'existing-disk'
  | 'disk-mode'
  | 'redo-directory'
  | 'ready';

/** Heading of each page, and the shorter line in the list of steps. */
export const panelTitles: Record<PanelId, { title: string; step: string }> = {
  configuration: { title: 'Select the Appropriate Configuration', step: 'Configuration' },
  guest: { title: 'Select a Guest Operating System', step: 'Guest system' },
  name: { title: 'Name the Virtual Machine', step: 'Name and location' },
  memory: { title: 'Memory for the Virtual Machine', step: 'Memory' },
  network: { title: 'Network Type', step: 'Network' },
  adapter: { title: 'Select I/O Adapter Types', step: 'I/O adapter' },
  'disk-choice': { title: 'Select a Disk', step: 'Disk' },
  capacity: { title: 'Specify Disk Capacity', step: 'Disk capacity' },
  'disk-file': { title: 'Specify Disk File', step: 'Disk file' },
  'existing-disk': { title: 'Choose an Existing Disk', step: 'Existing disk' },
  'disk-mode': { title: 'Select a Disk Mode', step: 'Disk mode' },
  'redo-directory': { title: 'Where to Keep Changes', step: 'Where to keep changes' },
  ready: { title: 'Ready to Create', step: 'Ready' },
};

/**
 * The pages in order, as the answers so far ask for them.
 *
 * Typical takes a new disk and asks no more of it than its size. A copy of a base chooses the base first
 * and is otherwise Custom without the hardware pages. `Where to Keep Changes` comes only where a redo log
 * will be made over a disk that exists: a new disk lies in the machine's folder anyway.
 */
export function panelsFor(answers: Pick<WizardAnswers, 'configuration' | 'disk' | 'mode'>): PanelId[] {
  const needsRedoDirectory = answers.disk === 'existing' && answers.mode !== 'persistent';
  const changes: PanelId[] = needsRedoDirectory ? ['disk-mode', 'redo-directory'] : ['disk-mode'];
  switch (answers.configuration) {
    case 'typical':
      return ['configuration', 'guest', 'name', 'network', 'capacity', 'ready'];
    case 'copy':
      return ['configuration', 'existing-disk', 'guest', 'name', ...changes, 'ready'];
    case 'custom': {
      const disk: PanelId[] = answers.disk === 'existing' ? ['existing-disk'] : ['capacity', 'disk-file'];
      return [
        'configuration',
        'guest',
        'name',
        'memory',
        'network',
        'adapter',
        'disk-choice',
        ...disk,
        ...changes,
        'ready',
      ];
    }
  }
}

/** The page after `panel`, or before it; `undefined` at the ends. A page that the answers no longer ask for leads to the first one. */
export function neighbourPanel(panels: readonly PanelId[], panel: PanelId, step: 1 | -1): PanelId | undefined {
  const index = panels.indexOf(panel);
  return index < 0 ? panels[0] : panels[index + step];
}
