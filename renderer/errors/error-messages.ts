import type { Dependent, ErrorCode, ErrorDetails } from '../../core/api/errors.ts';
import { backendName } from '../words/backends.ts';
import { formatWords } from '../words/disk-formats.ts';
import { fileName } from '../words/file-name.ts';
import type { NextStep } from './next-step.ts';
import type { RedoubtError } from './redoubt-error.ts';
import { t } from './words.ts';

/** What a person reads of an error: what failed, why and what to do, and steps that the window can take. */
export interface ErrorMessage {
  readonly title: string;
  readonly text: string;
  /** In the order of the buttons, the advised one first. */
  readonly steps: readonly NextStep[];
}

type Writer<C extends ErrorCode> = (details: ErrorDetails<C>) => ErrorMessage;

/** Total over the codes: a new code without words does not compile. */
const messages = {
  'api.bad-request': () => plain('api.bad-request', { kind: 'reload' }),
  'usage.bad-argument': (d) => ({
    title: t('usage.bad-argument.title', d),
    text: t('usage.bad-argument.text', d),
    steps: [],
  }),
  'host.unauthorised': () => plain('host.unauthorised'),
  'shell.unreachable': () => plain('shell.unreachable', { kind: 'retry' }),

  'disk.bad-size': (d) => ({ title: t('disk.bad-size.title', d), text: t('disk.bad-size.text', d), steps: [] }),
  'disk.bad-name': (d) => ({ title: t('disk.bad-name.title', d), text: t('disk.bad-name.text', d), steps: [] }),
  'disk.exists': (d) => ofFile('disk.exists', d),
  'disk.segment-picked': ({ part, first }) => ({
    title: t('disk.segment-picked.title', { part, first: fileName(first) }),
    text: t('disk.segment-picked.text'),
    steps: [{ kind: 'use-file', path: first }],
  }),
  'disk.not-a-redo-log': (d) => ofFile('disk.not-a-redo-log', d),
  'disk.unsupported': ({ file, feature, format }) =>
    file === undefined || format === undefined
      ? { title: t('disk.unsupported.title'), text: t('disk.unsupported.text', { feature }), steps: [] }
      : foreignDisk(file, format),
  'disk.not-found': (d) => ofFile('disk.not-found', d, { kind: 'retry' }, { kind: 'open-settings', panel: 'disk' }),
  'disk.permission': ({ file, operation }) => ({
    title: t('disk.permission.title', { file: fileName(file) }),
    text: t('disk.permission.text', { operation }),
    steps: [{ kind: 'retry' }],
  }),
  'disk.io': ({ file, operation, errno, mayHangFrom }) => ({
    title: t('disk.io.title', { file: fileName(file) }),
    text:
      mayHangFrom === undefined
        ? t('disk.io.text', { errno, operation })
        : t('disk.io.dependent', { errno, file, parent: fileName(mayHangFrom) }),
    steps: [{ kind: 'retry' }],
  }),
  'disk.no-space': ({ file, needBytes, freeBytes }) => ({
    title: t('disk.no-space.title', { file: fileName(file) }),
    text:
      needBytes === undefined || freeBytes === undefined
        ? t('disk.no-space.text')
        : t('disk.no-space.amounts', { need: { bytes: needBytes }, free: { bytes: freeBytes } }),
    steps: [{ kind: 'retry' }],
  }),
  'disk.tool-missing': ({ tool, install }) => ({
    title: t('disk.tool-missing.title', { tool }),
    text: t('disk.tool-missing.text', { tool, install }),
    steps: [{ kind: 'retry' }],
  }),
  'disk.redo-directory': ({ directory, reason }) => ({
    title: t('disk.redo-directory.title'),
    text: t(`disk.redo-directory.${reason}`, { directory }),
    steps: [
      ...(reason === 'missing' ? [{ kind: 'create-folder' as const, path: directory }] : []),
      { kind: 'use-machine-folder' },
      { kind: 'open-settings', panel: 'options' },
    ],
  }),
  'disk.locked': (d) => ({
    title: t('disk.locked.title', { file: fileName(d.file) }),
    text: holderOf(d),
    steps: [
      ...(d.holder?.machineName === undefined || d.holder.isStale
        ? []
        : [{ kind: 'switch-to-machine' as const, name: d.holder.machineName }]),
      { kind: 'retry' },
      ...(d.holder?.isStale === true && d.token !== undefined
        ? [{ kind: 'break-lock' as const, file: d.file, token: d.token }]
        : []),
    ],
  }),
  'disk.read-only': ({ file, dependents }) => ({
    title: t('disk.read-only.title', { file: fileName(file) }),
    text: dependents.length > 0 ? t('disk.read-only.base', { n: dependents.length }) : t('disk.read-only.text'),
    // A base that others use is not made writable from here; that goes through its own question.
    steps: [
      { kind: 'switch-to-undoable' },
      ...(dependents.length > 0 ? [] : [{ kind: 'make-writable' as const, path: file }]),
    ],
  }),
  'disk.has-dependents': ({ file, dependents }) => ({
    title: t('disk.has-dependents.title', { file: fileName(file), n: dependents.length }),
    text: t('disk.has-dependents.text', { names: dependents.map(nameOf).join(', ') }),
    steps: [{ kind: 'switch-to-undoable' }],
  }),
  'disk.old-state': ({ file }) => ({
    title: t('disk.old-state.title', { file: fileName(file) }),
    text: t('disk.old-state.text'),
    steps: [],
  }),
  'disk.redo-taken': ({ file, machineName }) => ({
    title:
      machineName === undefined
        ? t('disk.redo-taken.title', { file: fileName(file) })
        : t('disk.redo-taken.machine', { file: fileName(file), vm: machineName }),
    text: t('disk.redo-taken.text'),
    steps: [{ kind: 'use-machine-folder' }, { kind: 'open-settings', panel: 'options' }],
  }),
  'disk.journal-left': ({ file, log }) => ({
    title: t('disk.journal-left.title', { log: fileName(log) }),
    text: t('disk.journal-left.text', { log: fileName(log), file }),
    steps: [{ kind: 'retry' }],
  }),
  'disk.no-commit': (d) => ofFile('disk.no-commit', d),
  'disk.commit-unfinished': ({ parent, child }) => ({
    title: t('disk.commit-unfinished.title', { parent: fileName(parent) }),
    text: t('disk.commit-unfinished.text', { parent: fileName(parent), child: fileName(child) }),
    steps: [{ kind: 'resume-commit', parent, child }],
  }),
  'disk.not-a-disk': ({ file, reason }) => ({
    title: t('disk.not-a-disk.title', { file: fileName(file) }),
    text: reason === undefined ? t('disk.not-a-disk.text') : t('disk.not-a-disk.reason', { reason }),
    steps: [],
  }),
  'disk.corrupt': ({ file, field, value, reason }) => ({
    title: t('disk.corrupt.title', { file: fileName(file) }),
    text: t('disk.corrupt.text', { field, value, reason }),
    steps: [],
  }),
  'disk.parent-missing': ({ file, expected, tried }) => ({
    title: t('disk.parent-missing.title', { file: fileName(file) }),
    text: t('disk.parent-missing.text', { expected, n: tried.length }),
    steps: [{ kind: 'retry' }, { kind: 'open-settings', panel: 'disk' }],
  }),
  'disk.parent-changed': ({ file, parent, reason }) => {
    const names = { file: fileName(file), parent: fileName(parent) };
    return {
      title: t('disk.parent-changed.title', names),
      text: t('disk.parent-changed.text', { ...names, reason }),
      steps: [{ kind: 'retry' }, { kind: 'open-settings', panel: 'disk' }],
    };
  },
  'disk.capacity-mismatch': ({ file, capacityBytes, parentCapacityBytes }) => ({
    title: t('disk.capacity-mismatch.title', { file: fileName(file) }),
    text: t('disk.capacity-mismatch.text', { a: { bytes: capacityBytes }, b: { bytes: parentCapacityBytes } }),
    steps: [{ kind: 'open-settings', panel: 'disk' }],
  }),
  'disk.segment-missing': ({ file, part, expected, found, total }) => ({
    title: t('disk.segment-missing.title', { part, file: fileName(file) }),
    text: t('disk.segment-missing.text', { expected, found, total }),
    steps: [{ kind: 'retry' }],
  }),
  'disk.loop': ({ file, path }) => ({
    title: t('disk.loop.title', { file: fileName(file) }),
    text: t('disk.loop.text', { path: path.map(fileName).join(' \u2192 ') }),
    steps: [{ kind: 'open-settings', panel: 'disk' }],
  }),
  'disk.untrusted': ({ file, path, reason }) => ({
    title: t('disk.untrusted.title', { file: fileName(file) }),
    text: t('disk.untrusted.text', { path, reason }),
    steps: [
      { kind: 'approve', path },
      { kind: 'open-settings', panel: 'disk' },
    ],
  }),

  'machine.not-found': () => plain('machine.not-found'),
  'machine.bad-name': (d) => ({
    title: t('machine.bad-name.title', d),
    text: t('machine.bad-name.text', d),
    steps: [],
  }),
  'machine.name-taken': (d) => ({
    title: t('machine.name-taken.title', d),
    text: t('machine.name-taken.text'),
    steps: [],
  }),
  'machine.folder-taken': ({ folder, machine }) => ({
    title: t('machine.folder-taken.title', { folder, vm: machine }),
    text: t('machine.folder-taken.text'),
    steps: [{ kind: 'switch-to-machine', name: machine }],
  }),
  'machine.folder-not-writable': (d) => ({
    title: t('machine.folder-not-writable.title', d),
    text: t('machine.folder-not-writable.text'),
    steps: [{ kind: 'retry' }],
  }),
  'machine.bad-memory': ({ memoryMb, maximumMb }) => ({
    title: t('machine.bad-memory.title', { memory: { bytes: memoryMb * 1024 * 1024 } }),
    text: t('machine.bad-memory.text', { max: { bytes: maximumMb * 1024 * 1024 } }),
    steps: [{ kind: 'open-settings', panel: 'memory' }],
  }),
  'machine.bad-config': ({ file, line, reason }) => ({
    title: t('machine.bad-config.title', { file: fileName(file) }),
    text:
      line === undefined ? t('machine.bad-config.text', { reason }) : t('machine.bad-config.line', { line, reason }),
    steps: [{ kind: 'retry' }],
  }),
  'machine.wrong-power-state': ({ machine, state, wanted }) => ({
    title: t('machine.wrong-power-state.title', { vm: machine }),
    text: t('machine.wrong-power-state.text', { state, wanted }),
    steps: [],
  }),
  'machine.busy': ({ machine, doing }) => ({
    title: t('machine.busy.title', { vm: machine }),
    text: t('machine.busy.text', { doing }),
    steps: [{ kind: 'retry' }],
  }),
  'machine.changes-waiting': ({ machine }) => ({
    title: t('machine.changes-waiting.title', { vm: machine }),
    text: t('machine.changes-waiting.text'),
    steps: [{ kind: 'retry' }],
  }),
  'machine.decide-first': ({ disk, allocatedBytes, what }) => ({
    title: t('machine.decide-first.title'),
    text: t('machine.decide-first.text', { disk: fileName(disk), size: { bytes: allocatedBytes }, what }),
    steps: [],
  }),
  'machine.runner-failed': ({ machine, reason }) => ({
    title: t('machine.runner-failed.title', { vm: machine }),
    text: t('machine.runner-failed.text', { reason }),
    steps: [{ kind: 'retry' }],
  }),

  'backend.not-found': ({ backend, searched }) => ({
    title: t('backend.not-found.title', { backend: backendName(backend) }),
    text: t('backend.not-found.text', { searched: searched.join(', ') }),
    steps: [{ kind: 'use-built-in-emulator' }, { kind: 'open-settings', panel: 'options' }],
  }),
  'backend.firmware-missing': ({ files, searched }) => ({
    title: t('backend.firmware-missing.title'),
    text: t('backend.firmware-missing.text', { files: files.join(', '), searched: searched.join(', ') }),
    steps: [{ kind: 'retry' }],
  }),
  'backend.exited': ({ backend, status, output }) => ({
    title: t('backend.exited.title', { backend: backendName(backend) }),
    text:
      output.trim() === ''
        ? t('backend.exited.silent', { status })
        : t('backend.exited.text', { output: output.trim() }),
    steps: [{ kind: 'retry' }, { kind: 'open-settings', panel: 'options' }],
  }),
  'backend.refused': ({ backend, request, reason }) => ({
    title: t('backend.refused.title', { backend: backendName(backend) }),
    text: t('backend.refused.text', { request, reason }),
    steps: [{ kind: 'retry' }],
  }),
  'backend.unsupported': ({ backend, reason }) => ({
    title: t('backend.unsupported.title', { backend: backendName(backend) }),
    text: t('backend.unsupported.text', { reason }),
    steps: [{ kind: 'open-settings', panel: 'options' }],
  }),

  'job.not-found': () => plain('job.not-found'),
  'job.cancelled': () => plain('job.cancelled'),
  internal: () => plain('internal', { kind: 'retry' }),
} satisfies { readonly [C in ErrorCode]: Writer<C> };

/** The words for an error. */
export function errorMessage(error: RedoubtError): ErrorMessage {
  const write = messages[error.code] as Writer<ErrorCode>;
  return write(error.details);
}

type PlainCode =
  | 'api.bad-request'
  | 'host.unauthorised'
  | 'shell.unreachable'
  | 'machine.not-found'
  | 'job.not-found'
  | 'job.cancelled'
  | 'internal';

/** Words without placeholders. */
function plain(code: PlainCode, ...steps: NextStep[]): ErrorMessage {
  return { title: t(`${code}.title`), text: t(`${code}.text`), steps };
}

/** Words that name only the file. */
function ofFile(
  code: 'disk.exists' | 'disk.no-commit' | 'disk.not-a-redo-log' | 'disk.not-found',
  { file }: { file: string },
  ...steps: NextStep[]
): ErrorMessage {
  return { title: t(`${code}.title`, { file: fileName(file) }), text: t(`${code}.text`), steps };
}

/** Another program's disk, and how it becomes one of ours. */
function foreignDisk(path: string, format: string): ErrorMessage {
  const file = fileName(path);
  const copy = `${file.replace(/\.[^.]*$/, '')}.vmdk`;
  return {
    title: t('disk.unsupported.foreign.title', { file, format: formatWords(format) }),
    text: t('disk.unsupported.foreign.text', { file, copy }),
    steps: [],
  };
}

function holderOf({ holder }: ErrorDetails<'disk.locked'>): string {
  if (holder === undefined) return t('disk.locked.text');
  const { seenAt } = holder;
  const process = { pid: String(holder.pid), host: holder.host, purpose: holder.purpose };
  if (holder.isStale && seenAt !== undefined)
    return t('disk.locked.stale-since', { ...process, time: new Date(seenAt) });
  if (holder.isStale) return t('disk.locked.stale', process);
  if (holder.machineName !== undefined) return t('disk.locked.machine', { vm: holder.machineName });
  return t('disk.locked.process', process);
}

function nameOf(dependent: Dependent): string {
  return dependent.machineName ?? fileName(dependent.path);
}
