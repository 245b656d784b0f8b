// Where destinations are and what is shown there: by id, from the environment alone, under names made of the id.

/** Where a destination is, and how it is spoken to. */
export interface Address {
  readonly url: string;
  /** Empty where it is reached without a token. */
  readonly token: string;
}

/** The addresses that are known, by the ids of their destinations. */
export type Addresses = ReadonlyMap<string, Address>;

/** Names that are taken by the gateway's own settings. */
const OWN_VARIABLES: readonly string[] = ['DATABASE_URL', 'REDIS_URL'];

/** Names the variable of a destination: `regional-platform` has `REGIONAL_PLATFORM_URL` and `REGIONAL_PLATFORM_TOKEN`. */
export function addressVariable(id: string, part: 'URL' | 'TOKEN'): string {
  return `${id.toUpperCase().replaceAll('-', '_')}_${part}`;
}

/** Gives one sentence per destination whose id would take a variable of the gateway's own. */
export function takenVariables(ids: readonly string[]): string[] {
  return ids.flatMap((id) => {
    const variable = addressVariable(id, 'URL');
    return OWN_VARIABLES.includes(variable)
      ? [
          `destinations.yaml, ${id}: its address would be ${variable}, which is the gateway's own; choose another id`,
        ]
      : [];
  });
}
