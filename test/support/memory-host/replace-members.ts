export type AnyFunction = (...args: never[]) => unknown;

/** Replaces members of a module; `make` gets the real one for those whom the host does not concern. */
export function replace(target: object, makers: Record<string, (real: AnyFunction) => AnyFunction>): () => void {
  const members = target as Record<string, AnyFunction>;
  const originals = Object.keys(makers).map((name) => [name, members[name] as AnyFunction] as const);
  for (const [name, real] of originals) members[name] = Object.assign(makers[name]?.(real) ?? real, real);
  return () => {
    for (const [name, real] of originals) members[name] = real;
  };
}
