/**
 * Who may import whom. A rule is for the longest prefix that fits the importing file. `inside` are
 * prefixes of project files besides the folder itself; `outside` are packages (`node:` for all of
 * Node's own).
 */
export interface ImportRule {
  readonly from: string;
  readonly inside: readonly string[];
  readonly outside: readonly string[];
}

const contractLibrary = ['@orpc/'];
const blockDevice = 'core/disk/block-device';

export const importTable: readonly ImportRule[] = [
  { from: 'core/api/', inside: [], outside: ['zod', ...contractLibrary] },
  { from: 'core/base/', inside: ['core/api/'], outside: ['node:'] },
  { from: 'core/disk/', inside: ['core/api/', 'core/base/'], outside: ['node:'] },
  { from: 'core/display/', inside: ['core/api/', 'core/base/'], outside: ['node:'] },
  { from: 'core/jobs/', inside: ['core/api/', 'core/base/'], outside: ['node:'] },
  { from: 'core/nbd/', inside: ['core/api/', 'core/base/', blockDevice], outside: ['node:'] },
  { from: 'core/convert/', inside: ['core/api/', 'core/base/', 'core/disk/', 'core/nbd/'], outside: ['node:'] },
  { from: 'core/backends/backend.ts', inside: ['core/api/', 'core/base/'], outside: [] },
  ...['qemu', 'v86', 'fake'].map((name) => ({
    from: `core/backends/${name}/`,
    inside: ['core/backends/backend.ts', 'core/api/', 'core/base/', 'core/display/', blockDevice],
    outside: name === 'v86' ? ['node:', 'v86'] : ['node:'],
  })),
  {
    from: 'core/machines/',
    inside: ['core/api/', 'core/base/', 'core/disk/', 'core/jobs/'],
    outside: ['node:', 'zod'],
  },
  {
    from: 'core/runner/',
    inside: [
      'core/api/',
      'core/base/',
      'core/disk/',
      'core/nbd/',
      'core/display/',
      'core/machines/',
      'core/backends/',
      'core/jobs/',
    ],
    outside: ['node:', 'ws', 'zod', ...contractLibrary],
  },
  {
    from: 'core/router/',
    inside: ['core/api/', 'core/base/', 'core/disk/', 'core/machines/', 'core/runner/', 'core/jobs/'],
    outside: ['node:', ...contractLibrary],
  },
  {
    from: 'core/create-core.ts',
    inside: ['api', 'base', 'disk', 'nbd', 'display', 'machines', 'runner', 'router', 'backends', 'jobs'].map(
      (name) => `core/${name}/`,
    ),
    outside: ['node:', ...contractLibrary],
  },
  {
    from: 'core/host/',
    inside: ['core/create-core.ts', 'core/api/', 'core/base/'],
    outside: ['node:', 'ws', ...contractLibrary],
  },
  {
    from: 'core/cli/',
    inside: [
      'core/create-core.ts',
      'core/api/',
      'core/base/',
      'core/disk/',
      'core/nbd/',
      'core/convert/',
      'core/host/',
    ],
    outside: ['node:', 'ws', 'commander', ...contractLibrary],
  },
  {
    from: 'electron/',
    inside: ['core/create-core.ts', 'core/api/', 'core/base/'],
    outside: ['node:', 'electron', ...contractLibrary],
  },
  {
    from: 'renderer/',
    inside: ['core/api/'],
    outside: [
      'react',
      'react-dom',
      'zustand',
      'zod',
      '@mantine/',
      '@tabler/icons-react',
      '@novnc/novnc',
      'intl-messageformat',
      ...contractLibrary,
    ],
  },
];

/** The rule for a project file (a path from the top, with `/`), if the table has one. */
export function ruleFor(path: string): ImportRule | undefined {
  return importTable.filter((rule) => path.startsWith(rule.from)).sort((a, b) => b.from.length - a.from.length)[0];
}
