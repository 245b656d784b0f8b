// breaks: no-restricted-syntax
export { rows } from '../db/rows.js';
