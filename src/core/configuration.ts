// The shapes of `config/`, as ajv has checked them against schemas/config and as the code reads them.
import type { Severity } from './words.js';

export interface RetryPolicy {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** Longest wait that a `Retry-After` may ask for. */
  readonly maxRetryAfterMs: number;
}

export interface GatewaySettings {
  readonly maxUploadBytes: number;
  readonly uploadIdleTimeoutMs: number;
  readonly requestsPerSecond: number;
  readonly feedLimit: number;
  readonly chunkRows: number;
  readonly batchAttempts: number;
  readonly claimMs: number;
  readonly sweepEveryMs: number;
  readonly webhook: {
    readonly timeoutMs: number;
    /** Waits between the tries; one more try than waits. */
    readonly waitsMs: readonly number[];
    readonly maxRetryAfterMs: number;
    /** CIDR ranges that may be called although they are not public. */
    readonly allowedRanges: readonly string[];
  };
}

export interface Agency {
  readonly id: string;
  readonly name: string;
  readonly nameZh: string;
  /** Unified social credit code, GB 32100-2015. */
  readonly creditCode: string;
  readonly webhook?: { readonly url: string; readonly secretFile: string };
}

export interface Source {
  readonly id: string;
  readonly agency: string;
  readonly type: string;
  /** Names of files in `mappings/`; the headings of a file decide which of them is used. */
  readonly mappings: readonly string[];
  readonly quality?: Readonly<Record<string, Severity | 'off'>>;
  readonly maxUploadBytes?: number;
}

export interface Destination {
  readonly id: string;
  readonly tables: Readonly<Record<string, { readonly code: string; readonly version: string }>>;
  readonly showsPersonalNumbers: boolean;
  readonly messageSize: number;
  readonly messagesInFlight: number;
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  readonly breaker: { readonly failures: number; readonly probeEveryMs: number };
}

export interface CatalogueEntry {
  readonly type: string;
  readonly titleZh: string;
  readonly nationalClass: string;
  readonly legalBasis: string;
  readonly openness: 'public' | 'shared' | 'authorised';
  readonly subjects: readonly ('organisation' | 'sole-trader' | 'natural-person')[];
}

export interface Measure {
  readonly id: string;
  readonly titleZh: string;
  readonly title: string;
  readonly legalBasis: string;
}

export interface Route {
  readonly measures: readonly string[];
  readonly agencies: readonly string[];
}

export interface Schedules {
  /** The timezone in which every expression is read. */
  readonly timezone: string;
  readonly noticePoll: string;
}

export interface Configuration {
  readonly gateway: GatewaySettings;
  readonly schedules: Schedules;
  readonly agencies: readonly Agency[];
  readonly sources: readonly Source[];
  readonly destinations: readonly Destination[];
  readonly catalogue: readonly CatalogueEntry[];
  readonly measures: readonly Measure[];
  readonly routes: readonly Route[];
}
