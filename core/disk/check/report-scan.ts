import { RedoubtError } from '../../base/redoubt-error.ts';
import type { Finding, FindingKind, Findings } from './finding.ts';
import type { Faults, GrainFault, StructureScan, TableFault } from './scan-structure.ts';

/** What repair may do in a file. */
export interface RepairRights {
  /** What keeps everything as it reads now. */
  readonly canKeep: boolean;
  /** What makes readable what can't be read now, and so changes what the file holds. */
  readonly canChange: boolean;
  /** What cuts a tail off that no entry points to. Not where a repair has kept old entries: it may hold what they pointed to. */
  readonly canCut: boolean;
}

/** Whether a file has no fault, so that space without an entry holds nothing. Else it may hold what an entry pointed to before it was damaged. */
export function isWhole(scan: StructureScan): boolean {
  const { badTables, unreadableTables, sharedTables, overwrittenTables, badGrains, sharedGrains } = scan;
  return [badTables, unreadableTables, sharedTables, overwrittenTables, badGrains, sharedGrains].every(
    ({ count }) => count === 0,
  );
}

/** Tells the faults of a scan as findings, all of them errors. */
export function reportScan(path: string, scan: StructureScan, rights: RepairRights, findings: Findings): void {
  const { canKeep, canChange } = rights;
  const tables = (kind: FindingKind, faults: Faults<TableFault>, canRepair: boolean) => {
    addAll(faults, findings, (fault) => tableFinding(path, kind, fault, canRepair));
  };
  const grains = (kind: FindingKind, faults: Faults<GrainFault>, canRepair: boolean) => {
    addAll(faults, findings, (fault) => grainFinding(path, kind, fault, canRepair));
  };
  tables('bad-table', scan.badTables, canChange);
  tables('unreadable', scan.unreadableTables, false);
  tables('shared-table', scan.sharedTables, canKeep);
  tables('grain-over-table', scan.overwrittenTables, canKeep);
  grains('bad-grain', scan.badGrains, canChange);
  grains('shared-grain', scan.sharedGrains, canKeep);
}

function addAll<T>(faults: Faults<T>, findings: Findings, tell: (fault: T) => Finding): void {
  for (const fault of faults.noted) findings.add(tell(fault));
  const [first] = faults.noted;
  if (first !== undefined) findings.more(tell(first), faults.count - faults.noted.length);
}

function tableFinding(path: string, kind: FindingKind, fault: TableFault, canRepair: boolean): Finding {
  const field = `grain directory entry ${String(fault.table)}`;
  return {
    file: path,
    kind,
    severity: 'error',
    field,
    value: String(fault.sector),
    sentence: `${path}: ${field} is ${String(fault.sector)}, ${fault.reason}.`,
    canRepair,
  };
}

function grainFinding(path: string, kind: FindingKind, fault: GrainFault, canRepair: boolean): Finding {
  return {
    file: path,
    kind,
    severity: 'error',
    field: 'grain table entry',
    grain: fault.grain,
    value: String(fault.sector),
    sentence: `${path}: grain ${String(fault.grain)} is ${String(fault.sector)}, ${fault.reason}.`,
    canRepair,
  };
}

/** A refusal of the engine as a finding. */
export function errorFinding(path: string, kind: FindingKind, error: unknown): Finding {
  if (!(error instanceof RedoubtError)) throw error;
  const details = error.details as { file?: string; field?: string; value?: string };
  return {
    file: details.file ?? path,
    kind,
    severity: 'error',
    ...(details.field === undefined ? {} : { field: details.field }),
    ...(details.value === undefined ? {} : { value: details.value }),
    sentence: error.message,
    canRepair: false,
  };
}
