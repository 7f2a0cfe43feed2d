import { RedoubtError } from '../base/redoubt-error.ts';
import { hostMemoryMb } from '../machines/create-machine.ts';
import { os } from './implementer.ts';
import type { RouterServices } from './router-services.ts';

/** Handlers of `shell.*`. */
export function shellRouter({ shell: services, appVersion, home, backends }: RouterServices) {
  const { shell } = os;
  return {
    info: shell.info.handler(async () => ({
      kind: services.kind,
      version: appVersion,
      platform: process.platform,
      hasNativeDialogs: services.pickFile !== undefined,
      machinesDirectory: home.machinesDirectory,
      backends: await backends.views(),
      hostMemoryMb: hostMemoryMb(),
    })),
    pickFile: shell.pickFile.handler(async ({ input }) => {
      if (services.pickFile === undefined) throw noDialogs();
      return { path: await services.pickFile(input) };
    }),
    pickFolder: shell.pickFolder.handler(async ({ input }) => {
      if (services.pickFolder === undefined) throw noDialogs();
      return { path: await services.pickFolder(input) };
    }),
  };
}

function noDialogs(): RedoubtError {
  return new RedoubtError('api.bad-request', 'This window has no system dialogs.', {
    issues: ['hasNativeDialogs is false'],
  });
}
