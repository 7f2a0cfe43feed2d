import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from '@playwright/test';
import { MessagePortMainDouble, type Encoded } from './message-port-main.ts';
import { pageScript } from './page-shim.ts';

/** Pages can't be loaded from a scheme that Chromium doesn't know, so the double shows `app:` under this. */
const stage = 'https://bundle.app.invalid';

interface WebPreferences {
  preload: string;
  contextIsolation: boolean;
  sandbox: boolean;
  nodeIntegration: boolean;
}

/**
 * A stand-in for the `electron` module, so that the real bundles of main and preload run where Electron's
 * binary can't be had. A window is a page of a real Chromium.
 *
 * It proves wiring: scheme, policy headers, ports, sender checks, dialogs, quitting. It does not prove
 * Electron's own isolation, sandbox or packaging.
 */
export class ElectronDouble {
  readonly pages: Page[] = [];
  readonly windowOptions: { webPreferences: WebPreferences }[] = [];
  /** What the next open dialogs answer. */
  readonly dialogAnswers: { canceled: boolean; filePaths: string[] }[] = [];
  readonly dialogsShown: { title?: string; properties?: string[] }[] = [];
  readonly responses = new Map<string, Headers>();
  applicationMenu: unknown = 'default';
  private readonly browser: Browser;
  private readonly appEvents = new EventEmitter();
  private readonly ipcEvents = new EventEmitter();
  private handler: ((request: Request) => Promise<Response>) | undefined;
  private hasQuit = false;
  private resolveQuit: () => void = () => undefined;
  readonly quit: Promise<void> = new Promise((resolve) => (this.resolveQuit = resolve));

  constructor(browser: Browser) {
    this.browser = browser;
  }

  /** Loads the main bundle with `electron` replaced. Once a process: modules are loaded once. */
  async run(mainBundle: string): Promise<void> {
    Object.assign(globalThis, { redoubtElectronDouble: this.module() });
    register(pathToFileURL(join(import.meta.dirname, 'resolve-electron.mjs')));
    await import(pathToFileURL(mainBundle).href);
  }

  /** The page of the first window, once it is there. */
  async firstPage(): Promise<Page> {
    for (let tries = 0; tries < 200 && this.pages.length === 0; tries += 1) await new Promise((r) => setTimeout(r, 50));
    const [page] = this.pages;
    if (page === undefined) throw new Error('the main bundle opened no window');
    return page;
  }

  /** What a foreign page would send. */
  sendFrom(url: string, message: unknown): MessagePortMainDouble {
    const port = new MessagePortMainDouble(
      () => undefined,
      () => undefined,
    );
    this.ipcEvents.emit('redoubt:connect', { ports: [port], senderFrame: { url, parent: null } }, message);
    return port;
  }

  close(): void {
    this.appEvents.emit('window-all-closed');
  }

  private module(): Record<string, unknown> {
    const app = Object.assign(this.appEvents, {
      requestSingleInstanceLock: () => true,
      whenReady: async () => undefined,
      getVersion: () => '0.0.0',
      setPath: () => undefined,
      quit: () => {
        if (this.hasQuit) return;
        let isPrevented = false;
        this.appEvents.emit('before-quit', { preventDefault: () => (isPrevented = true) });
        if (isPrevented) return;
        this.hasQuit = true;
        this.resolveQuit();
      },
    });
    return {
      app,
      BrowserWindow: browserWindowClass(this),
      Menu: { setApplicationMenu: (menu: unknown) => (this.applicationMenu = menu), buildFromTemplate: () => ({}) },
      dialog: {
        showOpenDialog: async (...args: unknown[]) => {
          this.dialogsShown.push(args.at(-1) as { title?: string });
          return this.dialogAnswers.shift() ?? { canceled: true, filePaths: [] };
        },
      },
      ipcMain: this.ipcEvents,
      protocol: {
        registerSchemesAsPrivileged: () => undefined,
        handle: (_scheme: string, handler: (request: Request) => Promise<Response>) => (this.handler = handler),
      },
      session: {
        defaultSession: { setPermissionRequestHandler: () => undefined, setPermissionCheckHandler: () => undefined },
      },
    };
  }

  async openPage(preload: string): Promise<Page> {
    const page = await this.browser.newPage({ viewport: { width: 1280, height: 800 } });
    const ports = new Map<number, MessagePortMainDouble>();
    const inPage = (name: string, id: number, data?: Encoded): void => {
      page
        .evaluate(
          ([method, portId, value]) =>
            (window as unknown as Record<string, (id: number, data: unknown) => void>)[method]?.(portId, value),
          [name, id, data] as const,
        )
        .catch(() => ports.get(id)?.closed());
    };
    await page.exposeFunction('redoubtDoubleConnect', (id: number, message: unknown) => {
      const port = new MessagePortMainDouble(
        (data) => inPage('redoubtDoubleDeliver', id, data),
        () => inPage('redoubtDoubleEnd', id),
      );
      ports.set(id, port);
      const url = page.url().replace(stage, 'app://redoubt');
      this.ipcEvents.emit('redoubt:connect', { ports: [port], senderFrame: { url, parent: null } }, message);
    });
    await page.exposeFunction('redoubtDoubleSend', (id: number, data: Encoded) => ports.get(id)?.deliver(data));
    await page.exposeFunction('redoubtDoubleClose', (id: number) => ports.get(id)?.closed());
    await page.addInitScript({ content: pageScript(readFileSync(preload, 'utf8')) });
    await page.route(`${stage}/**`, async (route) => {
      const url = route.request().url().replace(stage, 'app://redoubt');
      const response = await this.handler?.(new Request(url));
      if (response === undefined) return route.abort();
      this.responses.set(new URL(url).pathname, response.headers);
      await route.fulfill({
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: Buffer.from(await response.arrayBuffer()),
      });
    });
    page.on('close', () => {
      for (const port of ports.values()) port.closed();
    });
    return page;
  }
}

/** The class that main makes its windows of: each is a page of the double's browser. */
function browserWindowClass(double: ElectronDouble): unknown {
  const windows: unknown[] = [];
  return class extends EventEmitter {
    readonly webContents = Object.assign(new EventEmitter(), { setWindowOpenHandler: () => undefined });

    constructor(options: { webPreferences: WebPreferences }) {
      super();
      double.windowOptions.push(options);
      windows.push(this);
    }

    static getAllWindows = (): unknown[] => windows;
    static getFocusedWindow = (): unknown => windows[0] ?? null;
    isMinimized = (): boolean => false;
    restore(): void {}
    focus(): void {}
    show(): void {}

    async loadURL(url: string): Promise<void> {
      const preload = double.windowOptions.at(-1)?.webPreferences.preload ?? '';
      const page = await double.openPage(preload);
      double.pages.push(page);
      await page.goto(url.replace('app://redoubt', stage));
      this.emit('ready-to-show');
    }
  };
}
