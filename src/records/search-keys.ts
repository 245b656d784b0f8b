// From what somebody asks for to what is stored: the same folding and the same keyed indexes as on the way in, so that
// a record is found by whatever its own file said.
import { normaliseCode, foldName, normaliseDocumentNumber, normaliseText } from '../core/normalise-text.js';
import { keyedText } from '../core/mask.js';
import { nameKey } from '../core/name-key.js';
import type { RecordCriteria, RecordKeys } from '../core/record-criteria.js';
import { subjectByIdNumber, subjectsOfCode } from '../core/subject.js';
import type { KeyedIndex } from './fingerprint.js';

/** Gives the keys of criteria; `agency` is null for who may see the records of all. */
export function searchKeys(
  criteria: RecordCriteria,
  { agency, index, today }: { agency: string | null; index: KeyedIndex; today: string },
): RecordKeys {
  const { code, idNumber, documentNumber, name, batch, position, type } = criteria;
  const keyed = (text: string): string => keyedText(text, { today, index });
  const byCode = code === undefined ? undefined : subjectsOfCode(normaliseCode(code), index);
  const byNumber = idNumber === undefined ? undefined : [subjectByIdNumber(normaliseCode(idNumber), index)];
  return {
    agency,
    // Both are names of the one subject of a record.
    subjects: byCode?.filter((subject) => byNumber?.includes(subject) ?? true) ?? byNumber ?? null,
    documentNumbers:
      documentNumber === undefined
        ? null
        : // What stands for a document number where a type has none keeps its blanks.
          [...new Set([normaliseDocumentNumber(documentNumber), normaliseText(documentNumber)].map(keyed))],
    nameKey: name === undefined ? null : nameKey(keyed(foldName(name))),
    batch: batch?.toLowerCase() ?? null,
    position: position ?? null,
    type: type ?? null,
  };
}
