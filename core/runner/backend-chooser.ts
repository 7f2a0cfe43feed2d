import type { BackendView } from '../api/shell.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import type { Backend, BackendAvailability, BackendName } from '../backends/backend.ts';

/** How long an answer to "is it there?" is good for lists. A start always asks anew. */
const rememberedMs = 20_000;

/** Who runs a machine: what its configuration asks for, or the first backend of the list that is there. */
export class BackendChooser {
  private readonly backends: readonly Backend[];
  private readonly known = new Map<BackendName, { at: number; availability: Promise<BackendAvailability> }>();

  /** `backends` in order of preference; the fake one is used only where it is asked for by name. */
  constructor(backends: readonly Backend[]) {
    this.backends = backends;
  }

  /** Throws backend.not-found or backend.firmware-missing where nothing can run the machine. */
  async choose(wanted: BackendName | undefined): Promise<Backend> {
    this.known.clear();
    const candidates = this.candidates(wanted);
    const reasons: string[] = [];
    let firmware: RedoubtError | undefined;
    for (const backend of candidates) {
      const availability = await this.availability(backend);
      if (availability.isAvailable) return backend;
      reasons.push(`${backend.name}: ${availability.reason}`);
      // Where firmware is all that is missing, that is easier to mend than anything else.
      if (availability.code === 'backend.firmware-missing') {
        const { reason, files, searched } = availability;
        firmware ??= new RedoubtError('backend.firmware-missing', reason, {
          files: [...files],
          searched: [...searched],
        });
      }
    }
    if (firmware !== undefined) throw firmware;
    const backend = wanted ?? candidates[0]?.name ?? 'qemu';
    throw new RedoubtError('backend.not-found', `Nothing here can run it. ${reasons.join(' ')}`, {
      backend,
      searched: reasons,
    });
  }

  /** What would run it now, from recent answers. */
  async effective(wanted: BackendName | undefined): Promise<BackendName | undefined> {
    for (const backend of this.candidates(wanted)) {
      if ((await this.availability(backend)).isAvailable) return backend.name;
    }
    return wanted;
  }

  /** The rows of the choice of a backend. */
  async views(): Promise<BackendView[]> {
    return await Promise.all(
      this.backends.map(async (backend): Promise<BackendView> => {
        const availability = await this.availability(backend);
        const { network, scsi, maximumMemoryMb } = backend.capabilities;
        return {
          name: backend.name,
          isAvailable: availability.isAvailable,
          description: describe(availability),
          network,
          scsi,
          maximumMemoryMb,
        };
      }),
    );
  }

  private candidates(wanted: BackendName | undefined): readonly Backend[] {
    return this.backends.filter((backend) =>
      wanted === undefined ? backend.name !== 'fake' : backend.name === wanted,
    );
  }

  private availability(backend: Backend): Promise<BackendAvailability> {
    const known = this.known.get(backend.name);
    if (known !== undefined && Date.now() - known.at < rememberedMs) return known.availability;
    const availability = backend.availability().catch((error: unknown): BackendAvailability => ({
      isAvailable: false,
      code: 'backend.not-found',
      reason: error instanceof Error ? error.message : String(error),
    }));
    this.known.set(backend.name, { at: Date.now(), availability });
    return availability;
  }
}

function describe(availability: BackendAvailability): string {
  if (!availability.isAvailable) return availability.reason;
  return availability.accelerator === undefined
    ? availability.version
    : `${availability.version}, ${availability.accelerator}`;
}
