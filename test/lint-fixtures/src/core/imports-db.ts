// breaks: import-x/no-restricted-paths
import { rows } from '../db/rows.js';

export const count = rows.length;
