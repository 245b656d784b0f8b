// In which field the records of a type have their name.
import type { Site } from './site.js';

/** Makes the look-up; a type that is no longer defined has it where most have. */
export function nameFieldsOf({ definitions }: Pick<Site, 'definitions'>): (recordType: string) => string {
  return (type) => definitions.types.get(type)?.identity.name ?? 'counterpartName';
}
