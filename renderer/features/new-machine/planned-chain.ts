import { joinPath } from '../../components/path-text.ts';
import { resolveRedoDirectory } from '../../components/redo-directory.ts';
import { fileName } from '../../words/file-name.ts';
import type { ExistingDisk, WizardAnswers } from './wizard-answers.ts';

export interface PlannedLink {
  readonly path: string;
  readonly isReadOnly: boolean;
  /** Made at power-on, not there yet. */
  readonly isPlanned: boolean;
}

/**
 * The chain that the machine will run on, base first. A redo log in its own directory gets a random
 * ending, which is not known yet and shown as `…`.
 */
export function plannedChain(
  answers: Pick<WizardAnswers, 'disk' | 'diskFileName' | 'directory' | 'existingPath' | 'mode' | 'redoLogDir'>,
  existing: ExistingDisk | undefined,
): PlannedLink[] {
  const isNew = answers.disk === 'new';
  const diskPath = isNew ? joinPath(answers.directory, answers.diskFileName) : answers.existingPath;
  const links: PlannedLink[] =
    isNew || existing === undefined
      ? [{ path: diskPath, isReadOnly: false, isPlanned: isNew }]
      : [...existing.chain.links]
          .reverse()
          .map((link) => ({ path: link.path, isReadOnly: link.isReadOnly, isPlanned: false }));
  if (answers.mode === 'persistent') return links;
  const folder = resolveRedoDirectory(answers.redoLogDir, answers.directory, diskPath);
  const ending = answers.redoLogDir === '' ? '.REDO' : '.REDO_…';
  return [...links, { path: joinPath(folder, fileName(diskPath) + ending), isReadOnly: false, isPlanned: true }];
}
