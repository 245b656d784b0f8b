// Every schedule of a configuration under a name that says where it stands.
import type { Configuration, Source } from '../core/configuration.js';
import type { Schedules } from '../core/schedules.js';

export interface NamedSchedule {
  readonly name: string;
  readonly expression: string;
}

export interface PullSchedule extends NamedSchedule {
  readonly source: string;
  readonly isSweep: boolean;
}

/** Lists the schedules of the ways in. */
export function pullSchedules(sources: readonly Source[]): PullSchedule[] {
  return sources.flatMap(({ id, folder, httpPull, databasePull }) =>
    [
      { way: 'folder', expression: folder?.schedule, isSweep: false },
      { way: 'httpPull', expression: httpPull?.schedule, isSweep: false },
      { way: 'databasePull', expression: databasePull?.schedule, isSweep: false },
      { way: 'sweep', expression: databasePull?.sweepSchedule, isSweep: true },
    ].flatMap(({ way, expression, isSweep }) =>
      expression === undefined ? [] : [{ name: `${way}:${id}`, source: id, expression, isSweep }],
    ),
  );
}

/** By then what was under way at midnight is answered. */
const AFTER_MIDNIGHT = '0 15 1 * * *';

/** Gives the schedule of the comparisons with destinations. */
export function reconciliationSchedule({ reconciliation }: Schedules): NamedSchedule {
  return { name: 'reconciliation', expression: reconciliation ?? AFTER_MIDNIGHT };
}

/** Lists all schedules. */
export function schedulesOf({ schedules, sources }: Configuration): NamedSchedule[] {
  return [
    { name: 'notice-poll', expression: schedules.noticePoll },
    { name: 'endings', expression: schedules.endings },
    { name: 'retention', expression: schedules.retention },
    { name: 'reminders', expression: schedules.reminders },
    reconciliationSchedule(schedules),
    ...pullSchedules(sources),
  ];
}
