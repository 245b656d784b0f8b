// breaks: no-restricted-syntax
export * from '../db/rows.js';
