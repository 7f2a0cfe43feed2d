import type { BackendView } from '../api/shell.ts';
import type { Home } from '../base/home.ts';
import type { Library } from '../machines/library.ts';
import type { BackendChoice } from '../machines/machine-configuration.ts';
import type { RunnerFleet } from '../runner/runner-fleet.ts';
import type { LiveMachines } from './live-machines.ts';
import type { MachineJobs } from './machine-jobs.ts';
import type { ShellServices } from './shell-services.ts';

/** The part of the backends' chooser that handlers use. */
export interface BackendChoices {
  effective(wanted: BackendChoice | undefined): Promise<BackendChoice | undefined>;
  views(): Promise<BackendView[]>;
}

/** What the handlers work with; made once, by create-core. */
export interface RouterServices {
  readonly home: Home;
  readonly appVersion: string;
  readonly shell: ShellServices;
  readonly library: Library;
  readonly backends: BackendChoices;
  readonly fleet: RunnerFleet;
  readonly live: LiveMachines;
  readonly jobs: MachineJobs;
}
