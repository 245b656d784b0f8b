// The prefix under which a part has the namespace of worksheets: most have none, some write `x:row`.
import { MAIN } from './office-names.js';
import { malformed } from './workbook-faults.js';
import { attributeText, type TagAttributes } from './xml-tag.js';

/** Gives the prefix of the root with its colon, or ''; throws where the root is not `local` of that namespace. */
export function mainPrefix(root: TagAttributes, local: string, part: string): string {
  const name = root.bytes.toString('utf8', root.nameStart, root.nameEnd);
  const prefix = name.slice(0, name.indexOf(':') + 1);
  const declaration = prefix === '' ? 'xmlns' : `xmlns:${prefix.slice(0, -1)}`;
  const namespace = attributeText(root, declaration);
  if (name === prefix + local && namespace !== undefined && MAIN.includes(namespace)) return prefix;
  throw malformed(`no ${local} of a workbook`, { part });
}
