// What each role may see of the feed: an agency what is shared between authorities, the city what its destination's
// entry allows, those who run and audit the gateway what the catalogue lists.
import { CITY } from '../core/city.js';
import type { Configuration } from '../core/configuration.js';
import { isOpenTo, type Openness } from '../core/openness.js';
import type { Role } from '../core/words.js';
import type { ReaderView } from '../db/changes.js';

/** Makes the views of a site. */
export function feedViews({ catalogue, destinations }: Configuration): (role: Role) => ReaderView {
  const city = destinations.find(({ id }) => id === CITY);
  const levels: Readonly<Record<Role, Openness>> = {
    agency: 'shared',
    // Where nothing says what the city gets, it gets what every agency gets.
    city: city?.openness ?? 'shared',
    operator: 'authorised',
    auditor: 'authorised',
  };
  return (role) => {
    const level = levels[role];
    const isOpen = ({ openness }: { openness: Openness }): boolean => isOpenTo(level, openness);
    const open = catalogue.filter(isOpen);
    const closed = catalogue.filter((entry) => !isOpen(entry));
    return {
      openTypes: open.map(({ type }) => type),
      closedTypes: closed.map(({ type }) => type),
      openness: level,
    };
  };
}
