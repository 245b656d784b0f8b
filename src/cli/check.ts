// `gateway check`: configuration, schemas, mappings and routes; every problem at once.
import { loadSite } from '../app/site.js';
import { isCronExpression } from '../jobs/schedule.js';
import { configInvalid } from '../platform/configuration.js';
import { print } from './output.js';
import { withSession } from './session.js';

/** Checks the site; throws `config.invalid` with the list. */
export function runCheck(): Promise<void> {
  return withSession(({ environment }) => {
    const { configuration, definitions } = loadSite(environment.configDir);
    const { noticePoll } = configuration.schedules;
    if (!isCronExpression(noticePoll))
      throw configInvalid([`schedules.yaml: noticePoll “${noticePoll}” is not a schedule`]);
    print(
      `OK: ${configuration.agencies.length} agencies, ${configuration.sources.length} sources, ${definitions.types.size} record types, ${definitions.mappings.size} mappings, ${configuration.measures.length} measures · 配置正确`,
    );
    return Promise.resolve();
  });
}
