// When the gateway does by itself what it does day by day; node-cron expressions with six fields.
export interface Schedules {
  /** The timezone in which every expression is read. */
  readonly timezone: string;
  readonly noticePoll: string;
  /** When records whose period is over are ended. */
  readonly endings: string;
  /** When what is past its retention is deleted. */
  readonly retention: string;
  /** When it is looked for sources from which nothing came. */
  readonly reminders: string;
  /** When yesterday is compared with the destinations' own account; at 01:15 where it is absent. */
  readonly reconciliation?: string;
}
