// breaks: import-x/no-restricted-paths
import type { Parsed } from '../intake/parsed.js';

export const keep = (parsed: Parsed): string => parsed.text;
