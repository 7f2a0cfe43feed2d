import type { Command } from 'commander';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { checkChain, type CheckReport } from '../../disk/check/check-chain.ts';
import type { Finding } from '../../disk/check/finding.ts';
import { ReportedFailure } from '../reported-failure.ts';
import { onOneLine, printResult, type Terminal } from '../terminal.ts';
import { newDiskCommand, openContext, type DiskOptions } from './disk-options.ts';

interface CheckOptions extends DiskOptions {
  readonly repair?: boolean;
}

/** `redoubt disk check FILE`: the structure of the whole chain. Fails while there are errors. */
export function checkCommand(terminal: Terminal): Command {
  return newDiskCommand('check', 'Check the structure of a disk and all it hangs from.')
    .argument('<file>')
    .option('--repair', 'put right what can be, without throwing anything away')
    .action(async (file: string, options: CheckOptions) => {
      const abort = new AbortController();
      const stop = () => {
        abort.abort();
      };
      process.on('SIGINT', stop).on('SIGTERM', stop);
      try {
        const context = openContext(options, 'check', file);
        const report = await checkChain({ file, context, repair: options.repair === true, signal: abort.signal });
        const error = failureOf(report);
        const document = error === undefined ? report : { ...report, error: error.toWire() };
        printResult(terminal, options, document, reportLines(report));
        if (error !== undefined) throw new ReportedFailure(error);
      } finally {
        process.off('SIGINT', stop).off('SIGTERM', stop);
      }
    });
}

/** The first error that is left stands for all. */
function failureOf({ findings }: CheckReport): RedoubtError | undefined {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) return undefined;
  const more = errors.length === 1 ? '' : ` (and ${String(errors.length - 1)} more)`;
  return new RedoubtError('disk.corrupt', `${first.sentence.replace(/\.$/, '')}${more}.`, {
    file: first.file,
    field: first.field ?? first.kind,
    value: first.value ?? '',
    reason: first.sentence,
  });
}

function reportLines({ links, findings, repaired, kept }: CheckReport): string[] {
  const count = links.length === 1 ? '1 link' : `${String(links.length)} links`;
  return [
    ...repaired.map((finding) => `repaired  ${finding.sentence}`),
    ...kept.map((path) => `kept      What entries said before is in ${path}.`),
    ...findings.map((finding) => `${finding.severity.padEnd(9)} ${finding.sentence}${hintOf(finding)}`),
    `${count} checked, ${verdictOf(findings)}`,
  ].map(onOneLine);
}

function hintOf({ canRepair, severity }: Finding): string {
  return canRepair && severity === 'error' ? ' (--repair)' : '';
}

function verdictOf(findings: readonly Finding[]): string {
  const counts = (['error', 'warning'] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [`${String(count)} ${severity}${count === 1 ? '' : 's'}`];
  });
  return counts.length === 0 ? 'nothing is wrong.' : `${counts.join(', ')}.`;
}
