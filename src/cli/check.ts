// `gateway check`: configuration, schemas, mappings and routes; every problem at once.
import { loadSite } from '../app/site.js';
import { isCronExpression } from '../jobs/schedule.js';
import { schedulesOf } from '../jobs/schedules-of.js';
import type { Clock } from '../core/clock.js';
import type { Mapping } from '../core/definitions.js';
import { isGatewayError } from '../core/errors.js';
import { addressNotices } from '../platform/check-addresses.js';
import { calendarsAt } from '../platform/check-calendars.js';
import { identitiesAt } from '../platform/check-identities.js';
import { configInvalid } from '../platform/configuration.js';
import type { ValidatorOf } from '../records/validate.js';
import { note, print } from './output.js';
import { withSession } from './session.js';

/** Checks the site as it stands at this moment; throws `config.invalid` with the list. */
export function runCheck(clock: Clock): Promise<void> {
  return withSession(({ environment }) => {
    const { configuration, definitions, validatorOf } = loadSite(environment.configDir);
    const addresses = environment.addressesOf(configuration.destinations.map(({ id }) => id));
    const uncompiled = [...definitions.mappings.values()].flatMap((mapping) =>
      compileFault(mapping, validatorOf),
    );
    const wrong = schedulesOf(configuration).filter(({ expression }) => !isCronExpression(expression));
    const now = clock();
    const calendars = calendarsAt(configuration, now);
    const identities = identitiesAt(configuration, { folder: environment.configDir, now });
    const problems = [
      ...wrong.map(({ name, expression }) => `${name}: “${expression}” is not a schedule`),
      ...new Set(uncompiled),
      ...calendars.problems,
      ...identities.problems,
    ];
    if (problems.length > 0) throw configInvalid(problems);
    const unnamed = addressNotices(configuration, addresses);
    for (const known of [...calendars.notices, ...identities.notices, ...unnamed]) note(`! ${known}`);
    print(
      `OK: ${configuration.agencies.length} agencies, ${configuration.sources.length} sources, ${definitions.types.size} record types, ${definitions.mappings.size} mappings, ${configuration.measures.length} measures · 配置正确`,
    );
    return Promise.resolve();
  });
}

/** A schema may be one and still say what no record can be held against: a keyword that nobody knows, a wrong pattern. */
function compileFault(mapping: Mapping, validatorOf: ValidatorOf): string[] {
  try {
    validatorOf(mapping);
    return [];
  } catch (error) {
    if (isGatewayError(error)) throw error;
    return [`schemas/${mapping.type}.schema.json: ${(error as Error).message}`];
  }
}
