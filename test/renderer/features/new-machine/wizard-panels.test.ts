import { describe, expect, it } from 'vitest';
import { neighbourPanel, panelsFor } from '../../../../renderer/features/new-machine/wizard-panels.ts';

describe('the wizard’s panels', () => {
  it('of Typical are the six that a new machine can’t do without', () => {
    expect(panelsFor({ configuration: 'typical', disk: 'new', mode: 'persistent' })).toEqual([
      'configuration',
      'guest',
      'name',
      'network',
      'capacity',
      'ready',
    ]);
  });

  it('of Custom ask capacity and file of a new disk', () => {
    const panels = panelsFor({ configuration: 'custom', disk: 'new', mode: 'undoable' });
    expect(panels.slice(6)).toEqual(['disk-choice', 'capacity', 'disk-file', 'disk-mode', 'ready']);
  });

  it('ask where to keep changes only for an existing disk that gets a redo log', () => {
    expect(panelsFor({ configuration: 'custom', disk: 'existing', mode: 'undoable' })).toContain('redo-directory');
    expect(panelsFor({ configuration: 'custom', disk: 'existing', mode: 'persistent' })).not.toContain(
      'redo-directory',
    );
    expect(panelsFor({ configuration: 'custom', disk: 'new', mode: 'undoable' })).not.toContain('redo-directory');
  });

  it('of a copy begin with the base', () => {
    expect(panelsFor({ configuration: 'copy', disk: 'existing', mode: 'undoable' })[1]).toBe('existing-disk');
  });

  it('lead to each other, and from a panel that is no longer asked for to the first', () => {
    const panels = panelsFor({ configuration: 'typical', disk: 'new', mode: 'persistent' });
    expect(neighbourPanel(panels, 'guest', 1)).toBe('name');
    expect(neighbourPanel(panels, 'guest', -1)).toBe('configuration');
    expect(neighbourPanel(panels, 'ready', 1)).toBeUndefined();
    expect(neighbourPanel(panels, 'configuration', -1)).toBeUndefined();
    expect(neighbourPanel(panels, 'adapter', 1)).toBe('configuration');
  });
});
