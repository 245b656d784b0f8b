// Holds `retention.yaml` against the catalogue: a type that is not exchanged is a slip of the pen.
import type { Configuration } from '../core/configuration.js';

/** Gives one sentence per contradiction. */
export function keepingProblems({ retention, catalogue }: Configuration): string[] {
  const listed = new Set(catalogue.map(({ type }) => type));
  const { originals, rejectedRows, problems, oldVersions } = retention;
  return Object.entries({ originals, rejectedRows, problems, oldVersions }).flatMap(
    ([kind, { types = {} }]) =>
      Object.keys(types)
        .filter((type) => !listed.has(type))
        .map((type) => `retention.yaml, ${kind}: the type ${type} is not in catalogue.yaml`),
  );
}
