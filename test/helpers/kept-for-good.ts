// A retention by which nothing is ever deleted: a test says what it wants to see go.
import type { Retention } from '../../src/core/configuration.js';

const UNLIMITED = { days: 'unlimited' } as const;

export const KEPT_FOR_GOOD: Retention = {
  ...{ originals: UNLIMITED, rejectedRows: UNLIMITED, problems: UNLIMITED, oldVersions: UNLIMITED },
  ...{ feed: UNLIMITED, messages: UNLIMITED, messageAttempts: UNLIMITED, takenChanges: UNLIMITED },
  ...{ reconciliations: UNLIMITED, reconciliationDifferences: UNLIMITED, feedDigests: UNLIMITED },
};
