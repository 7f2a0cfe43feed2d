import { errorMessage } from '../errors/error-messages.ts';
import { fromWire, type RedoubtError } from '../errors/redoubt-error.ts';

/** What stands under a field: a sentence of the form's own, or the words of the core's refusal. */
export function sayProblem(problem: string | RedoubtError | undefined): string | undefined {
  if (problem === undefined || typeof problem === 'string') return problem;
  const { title, text } = errorMessage(problem);
  // These titles name the field that the sentence stands under already.
  return problem.code === 'disk.redo-directory' || problem.code === 'machine.bad-memory' ? text : `${title}. ${text}`;
}

/** The same for an error that came as part of an answer. */
export function sayWireProblem(problem: Parameters<typeof fromWire>[0]): string {
  return sayProblem(fromWire(problem)) ?? '';
}
