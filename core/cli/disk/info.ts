import type { Command } from 'commander';
import type { ChainReport } from '../../api/disks.ts';
import { inspectChain } from '../../disk/describe/inspect.ts';
import { formatSize } from '../format-size.ts';
import { onOneLine, printResult, type Terminal } from '../terminal.ts';
import { newDiskCommand, openContext, type DiskOptions } from './disk-options.ts';

/** `redoubt disk info FILE`: the chain from the leaf to the base. */
export function infoCommand(terminal: Terminal): Command {
  return newDiskCommand('info', 'Describe a disk and all it hangs from.')
    .argument('<file>')
    .action(async (file: string, options: DiskOptions) => {
      const report = await inspectChain(file, openContext(options, 'info', file), { isMarkedShown: true });
      printResult(terminal, options, report, chainLines(report));
    });
}

function chainLines({ capacityBytes, links }: ChainReport): string[] {
  const count = links.length === 1 ? '1 link' : `${String(links.length)} links`;
  return [`${formatSize(capacityBytes)} (${String(capacityBytes)} bytes), ${count}`, ...links.flatMap(linkLines)];
}

const stateWords: Record<ChainReport['links'][number]['state'], string> = {
  clean: 'clean',
  unclean: 'unclean',
  committing: 'committing: a commit into it was interrupted; commit its redo log again',
  mixed: 'mixed: a commit into it was given up half-way',
};

function linkLines(link: ChainReport['links'][number]): string[] {
  const rows: [string, string | undefined][] = [
    ['files', link.files.map(onOneLine).join('\n')],
    ['format', `${link.format}${link.dialect === undefined ? '' : `, ${link.dialect}`}`],
    ['capacity', `${String(link.capacityBytes)} bytes`],
    ['allocated', `${formatSize(link.allocatedBytes)} (${String(link.allocatedBytes)} bytes)`],
    ['grain', `${String(link.grainBytes)} bytes`],
    ['generation', String(link.generation)],
    ['link id', link.linkId],
    ['content id', link.contentId],
    ['owner', link.owner],
    ['state', `${stateWords[link.state]}${link.isReadOnly ? ', protected' : ''}`],
    ['changed', new Date(link.changedAt).toISOString()],
  ];
  const indent = ' '.repeat(14);
  const lines = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name.padEnd(12)}${value.replaceAll('\n', `\n${indent}`)}`],
  );
  const role = link.role === 'base' ? 'base' : link.isOldState === true ? 'old state' : 'redo log';
  return ['', `${role} ${onOneLine(link.path)}`, ...lines];
}
