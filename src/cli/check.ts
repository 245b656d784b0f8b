// `gateway check`: configuration, schemas, mappings and routes; every problem at once.
import { loadSite } from '../app/site.js';
import { isCronExpression } from '../jobs/schedule.js';
import { schedulesOf } from '../jobs/schedules-of.js';
import type { Clock } from '../core/clock.js';
import { calendarsAt } from '../platform/check-calendars.js';
import { identitiesAt } from '../platform/check-identities.js';
import { configInvalid } from '../platform/configuration.js';
import { note, print } from './output.js';
import { withSession } from './session.js';

/** Checks the site as it stands at this moment; throws `config.invalid` with the list. */
export function runCheck(clock: Clock): Promise<void> {
  return withSession(({ environment }) => {
    const { configuration, definitions, validatorOf } = loadSite(environment.configDir);
    for (const mapping of definitions.mappings.values()) validatorOf(mapping);
    const wrong = schedulesOf(configuration).filter(({ expression }) => !isCronExpression(expression));
    const now = clock();
    const calendars = calendarsAt(configuration, now);
    const identities = identitiesAt(configuration, { folder: environment.configDir, now });
    const problems = [
      ...wrong.map(({ name, expression }) => `${name}: “${expression}” is not a schedule`),
      ...calendars.problems,
      ...identities.problems,
    ];
    if (problems.length > 0) throw configInvalid(problems);
    for (const known of [...calendars.notices, ...identities.notices]) note(`! ${known}`);
    print(
      `OK: ${configuration.agencies.length} agencies, ${configuration.sources.length} sources, ${definitions.types.size} record types, ${definitions.mappings.size} mappings, ${configuration.measures.length} measures · 配置正确`,
    );
    return Promise.resolve();
  });
}
