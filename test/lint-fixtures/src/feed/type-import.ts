// breaks: @typescript-eslint/consistent-type-imports
import { Parsed } from './type-import-shape.js';

export const keep = (parsed: Parsed): string => parsed.text;
