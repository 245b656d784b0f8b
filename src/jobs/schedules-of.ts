// Every schedule of a configuration under a name that says where it stands.
import type { Configuration, Source } from '../core/configuration.js';

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

/** Lists all schedules. */
export function schedulesOf({ schedules, sources }: Configuration): NamedSchedule[] {
  return [
    { name: 'notice-poll', expression: schedules.noticePoll },
    { name: 'endings', expression: schedules.endings },
    { name: 'retention', expression: schedules.retention },
    { name: 'reminders', expression: schedules.reminders },
    ...pullSchedules(sources),
  ];
}
