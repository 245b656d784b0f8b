// Where `config/`, `schemas/`, `mappings/` and the migrations stand: the folder of the nearest package.json
// above this file, be it run from `src` or from `dist/src`.
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Finds the nearest folder at or above `folder` that holds a package.json; throws where there is none. */
function findProjectRoot(folder: string): string {
  if (existsSync(path.join(folder, 'package.json'))) return folder;
  const parent = path.dirname(folder);
  if (parent === folder) throw new Error('No package.json above the program');
  return findProjectRoot(parent);
}

/** The absolute path of the project. */
export const projectRoot: string = findProjectRoot(import.meta.dirname);
