// What an inspection is given and what it finds, whatever the form of the file.
import type { Source } from '../core/configuration.js';
import type { Mapping } from '../core/definitions.js';
import type { ReadingLimits } from '../core/reading-limits.js';
import type { Format } from '../core/words.js';
import type { BatchWarning, Reading } from '../db/batches.js';
import type { StoredBytes } from '../platform/stored-bytes.js';
import type { Charset } from './charset.js';
import type { ColumnNeeds } from './check-columns.js';

export interface Inspected {
  readonly mapping: Mapping;
  readonly reading: Reading;
  readonly warnings: readonly BatchWarning[];
}

export interface InspectNeeds extends ColumnNeeds {
  readonly bytes: StoredBytes;
  /** Whether all of the bytes are well-formed UTF-8. */
  readonly isUtf8: boolean;
  readonly declared: Charset | undefined;
  readonly declaredFormat: Format | undefined;
  readonly source: Pick<Source, 'sheet' | 'rowsAt' | 'rowPath'>;
  readonly limits: ReadingLimits;
}

/** The decoded beginning of a text file. */
export interface TextSample {
  readonly text: string;
  readonly isWhole: boolean;
  readonly charset: Charset;
}

/** Rows read before a delivery is answered. */
export const ROWS_READ = 1_000;
