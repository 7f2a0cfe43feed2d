import '../../../renderer/before-zod.ts';
import { openDialog, closeDialog } from '../../../renderer/stores/dialogs.ts';
import { startApp } from '../../../renderer/start-app.tsx';
import { installConnection } from '../../../renderer/transport/client.ts';
import { refuse } from './fake-core.ts';
import { makeFakeConnection } from './fake-client.ts';
import { scenes, type Scene } from './scenes.ts';

/** The window on a fake core: `?scene=office`. A test reaches the core and the dialogs as `window.fake`. */
const name = new URLSearchParams(window.location.search).get('scene') ?? 'office';
const core = (name in scenes ? scenes[name as Scene] : scenes.office)();
installConnection(makeFakeConnection(core));
Object.assign(window, { fake: { core, refuse, openDialog, closeDialog, nothing: () => undefined } });
startApp(document.getElementById('root'));
