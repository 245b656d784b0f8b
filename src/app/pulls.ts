// Binds the scheduled ways in: which source has which, when they are due, and what they run on.
import { readFile } from 'node:fs/promises';
import type { Source } from '../core/configuration.js';
import { orderPull } from '../db/source-pulls.js';
import { createFolderPull } from '../intake/folder/folder-pull.js';
import { createDatabasePull } from '../intake/front-end/database-pull.js';
import { createFeedbackWriter } from '../intake/front-end/feedback-writer.js';
import { createHttpPull } from '../intake/http-pull/http-pull.js';
import type { Token, Tokens } from '../intake/http-pull/token.js';
import type { Pull, PullNeeds } from '../intake/pull.js';
import { receiveDelivery } from '../intake/receive.js';
import type { ScheduledJob } from '../jobs/schedule.js';
import { pullSchedules } from '../jobs/schedules-of.js';
import type { HttpClient } from '../platform/http-client.js';
import type { Foundation } from './gateway.js';
import { wakeQueue } from './notice-binding.js';
import { bindReports } from './reports.js';

/** Makes the function that gives the ways in of a source, one after another as one. */
export function bindPulls(
  foundation: Foundation,
  http: HttpClient,
): (source: Source, signal: AbortSignal) => Pull {
  const tokens: Tokens = new Map<string, Token>();
  return (_source, signal) => {
    const needs = pullNeeds(foundation, signal);
    const ways: readonly { isOf: (source: Source) => boolean; pull: Pull }[] = [
      {
        isOf: ({ folder }) => folder !== undefined,
        pull: createFolderPull({
          ...needs,
          dataDir: foundation.environment.dataDir,
          reports: bindReports(foundation).folder,
        }),
      },
      {
        isOf: ({ httpPull }) => httpPull !== undefined,
        pull: createHttpPull({
          ...needs,
          send: http.send,
          readSecret,
          limits: foundation.site.configuration.gateway.limits,
          tokens,
        }),
      },
      {
        isOf: ({ databasePull }) => databasePull !== undefined,
        pull: createDatabasePull({
          ...needs,
          definitions: foundation.site.definitions,
          aboveWithdrawnShare: foundation.site.configuration.gateway.hold.aboveWithdrawnShare,
          readSecret,
        }),
      },
      {
        // Last: an agency that lets nobody write must not keep its rows from being read.
        isOf: ({ databasePull }) => databasePull?.feedbackTable !== undefined,
        pull: createFeedbackWriter({ ...needs, readSecret }),
      },
    ];
    return async (source, order) => {
      const failures: unknown[] = [];
      for (const { isOf, pull } of ways)
        if (isOf(source)) await pull(source, order).catch((error: unknown) => failures.push(error));
      // One way in that fails keeps no other from running.
      if (failures.length > 0) throw failures[0];
    };
  };
}

/** Lists the scheduled jobs of the ways in; a fire makes the pull due and wakes a worker for it. */
export function pullJobs(foundation: Foundation): ScheduledJob[] {
  return pullSchedules(foundation.site.configuration.sources).map(
    ({ name, expression, source, isSweep }) => ({
      name,
      expression,
      run: () => order(foundation, source, isSweep),
    }),
  );
}

/** Has the pull of a source do what it does once a batch has settled: write verdicts back, move files out. */
export async function followUp(foundation: Foundation, source: string): Promise<void> {
  const found = foundation.site.configuration.sources.find(({ id }) => id === source);
  if (found?.folder !== undefined || found?.databasePull?.feedbackTable !== undefined)
    await order(foundation, source, false);
}

async function order(foundation: Foundation, source: string, isSweep: boolean): Promise<void> {
  const at = foundation.clock();
  await orderPull(foundation.storage.database, source, { at, isSweep, isFull: false });
  await wakeQueue(foundation)('pull-source', source);
}

function pullNeeds(foundation: Foundation, signal: AbortSignal): PullNeeds {
  const { site, storage, clock, log } = foundation;
  const wake = wakeQueue(foundation);
  const needs = { ...storage, ...site, clock, log, wake: (id: string) => wake('process-source', id) };
  return {
    ...storage,
    clock,
    log,
    signal,
    receive: (delivery) =>
      receiveDelivery(
        {
          declaredCharset: undefined,
          expectedDigests: new Map(),
          idempotencyKey: undefined,
          skipsSettled: true,
          maxBytes: delivery.source.maxUploadBytes ?? site.configuration.gateway.maxUploadBytes,
          ...delivery,
        },
        needs,
      ),
  };
}

async function readSecret(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).trim();
}
