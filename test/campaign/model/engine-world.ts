import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { RedoubtError } from '../../../core/base/redoubt-error.ts';
import { Chain } from '../../../core/disk/chain/chain.ts';
import { checkChain } from '../../../core/disk/check/check-chain.ts';
import { createBase } from '../../../core/disk/create/create-base.ts';
import { DescriptorCache } from '../../../core/disk/files/descriptor-cache.ts';
import { hostFiles } from '../../../core/disk/files/disk-file.ts';
import type { DialectName } from '../../../core/disk/formats/cowd/dialect.ts';
import type { OpenContext } from '../../../core/disk/open-context.ts';
import { closeLinks, openLinks, resolveChain } from '../../../core/disk/parents/resolve-chain.ts';
import type { SessionRequest } from '../../../core/disk/session/session.ts';
import { SessionDevice } from '../../../core/disk/session/session-device.ts';
import { MemoryHost, memoryRoot } from '../../support/memory-host/memory-host.ts';
import { makeSmallBase } from '../../support/small-disk.ts';
import { FlatDisk } from './flat-disk.ts';
import { isReadable, type ModelLink } from './world.ts';

/** What a sequence begins with. */
export interface ModelSetup {
  readonly seed: number;
  readonly base: DialectName | 'vmdk' | 'raw';
  readonly grainSectors: number | undefined;
  readonly spans: readonly number[];
  /** Of the lookup cache; absent: the real size. */
  readonly mapBytes: number | undefined;
  /** How many files may be open at a time; absent: as many as there really may be. */
  readonly descriptors?: number | undefined;
}

export const folder = `${memoryRoot}/model`;
export const mostLinks = 9;

/** The disks of one sequence on a host of their own, and beside each what the model says of it. */
export class EngineWorld {
  readonly host: MemoryHost;
  readonly links: ModelLink[] = [];
  readonly setup: ModelSetup;
  private lastVersion = 0;
  private lastName = 0;

  constructor(setup: ModelSetup) {
    this.setup = setup;
    this.host = new MemoryHost(setup.seed);
  }

  /** Whether the first base keeps its record in its own header. */
  get isCowdBase(): boolean {
    return this.setup.base !== 'vmdk' && this.setup.base !== 'raw';
  }

  /** Whether nothing splits the disk into several files. */
  get isOneFile(): boolean {
    return this.setup.spans.length === 1 || ['esx', 'vmware2', 'raw'].includes(this.setup.base);
  }

  async makeBase(): Promise<void> {
    mkdirSync(folder, { recursive: true });
    const { base, spans, grainSectors } = this.setup;
    const sectors = spans.reduce((sum, span) => sum + span, 0);
    const file = `${folder}/disk.${base === 'raw' ? 'raw' : 'vmdk'}`;
    if (base === 'raw') writeFileSync(file, new Uint8Array(sectors * 512));
    else if (base === 'vmdk')
      await createBase({ file, capacityBytes: sectors * 512, split: spans.length > 1, bus: 'ide', format: 'vmdk' });
    else
      makeSmallBase(folder, 'disk.vmdk', base === 'vmware2' || base === 'esx' ? [sectors] : spans, {
        dialect: base,
        ...(grainSectors === undefined || base === 'ws3' || base === 'vmware2' ? {} : { grainSectors }),
      });
    this.add(file, undefined, new Uint8Array(sectors * 512));
  }

  add(file: string, parent: ModelLink | undefined, bytes: Uint8Array): ModelLink {
    const link: ModelLink = {
      file,
      parent,
      disk: new FlatDisk(bytes),
      version: this.newVersion(),
      overVersion: parent?.version ?? 0,
      oldStates: new Map(),
      twins: [],
      backup: undefined,
    };
    link.twins.push(link);
    this.links.push(link);
    return link;
  }

  /** A copy of a link's files, which is that link as it is now. */
  addTwin(file: string, of: ModelLink): ModelLink {
    const { parent, version, overVersion, twins } = of;
    const disk = new FlatDisk(of.disk.bytes.slice());
    const link = { file, parent, disk, version, overVersion, oldStates: new Map(), twins, backup: undefined };
    twins.push(link);
    this.links.push(link);
    return link;
  }

  newVersion(): number {
    return ++this.lastVersion;
  }

  /** A number that no file of this world has in its name. */
  newName(): string {
    return String(++this.lastName);
  }

  remove(link: ModelLink): void {
    this.links.splice(this.links.indexOf(link), 1);
    link.twins.splice(link.twins.indexOf(link), 1);
  }

  /** A log is opened as one of its disk, or as a disk of its own. */
  request({ file, parent }: ModelLink, mode: 'undoable' | 'persistent' = 'undoable'): SessionRequest {
    return parent === undefined || mode === 'persistent'
      ? { file, mode: 'persistent', context: this.contextOf(file) }
      : { file: parent.file, mode, redo: file, context: this.contextOf(parent.file) };
  }

  /** For one call: processes that were killed leave no descriptors to others. */
  contextOf(file: string): OpenContext {
    const { mapBytes, descriptors } = this.setup;
    return {
      trustedPaths: [file, this.links[0]?.file ?? file],
      ...(mapBytes === undefined ? {} : { mapBytes }),
      ...(descriptors === undefined ? {} : { files: new DescriptorCache(hostFiles, () => descriptors) }),
    };
  }

  /** What anybody reads who looks. */
  async read(link: ModelLink): Promise<Uint8Array> {
    const context = this.contextOf(link.file);
    const links = openLinks(await resolveChain(link.file, context), { context });
    try {
      const { mapBytes } = this.setup;
      const device = new SessionDevice(new Chain(links), mapBytes === undefined ? {} : { mapBytes });
      const bytes = new Uint8Array(device.sizeBytes);
      for (let at = 0; at < bytes.length; at += 50_000) await device.read(at, bytes.subarray(at, at + 50_000));
      return bytes;
    } finally {
      closeLinks(links);
    }
  }

  /** A link that fits reads as the model does, and its structure is in order; one that does not is refused. */
  async verify(link: ModelLink): Promise<void> {
    if (!isReadable(link)) {
      await refused(() => this.read(link), ...notReadable);
      return;
    }
    const wrong = link.disk.compare(await this.read(link));
    assert.equal(wrong, undefined, `${link.file}: ${wrong ?? ''}`);
    const { findings } = await checkChain({ file: link.file, context: this.contextOf(link.file) });
    const error = findings.find(({ severity, kind }) => severity === 'error' && kind !== 'header');
    assert.equal(error, undefined, `${link.file}: ${error?.sentence ?? ''}`);
  }
}

/** What is said of a log whose parent is not what it lies over. */
export const notReadable = ['disk.parent-changed', 'disk.parent-missing'];

export async function refused(act: () => Promise<unknown>, ...codes: string[]): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof RedoubtError && codes.includes(error.code as string)) return;
    throw error;
  }
  assert.fail(`it was not refused with ${codes.join(' or ')}`);
}
