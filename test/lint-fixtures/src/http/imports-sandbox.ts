// breaks: import-x/no-restricted-paths
import { city } from '../sandbox/city.js';

export const known = city;
