// The names that Office Open XML gives its parts: each in two forms, transitional (what Excel writes) and
// strict (ISO/IEC 29500-1, when a user asks for it).

const both = (transitional: string, strict: string): readonly string[] => [
  `http://schemas.openxmlformats.org/${transitional}`,
  `http://purl.oclc.org/ooxml/${strict}`,
];

/** Namespace of worksheets, shared strings, styles and the workbook itself. */
export const MAIN = both('spreadsheetml/2006/main', 'spreadsheetml/main');
/** Namespace of the attributes that name a relationship. */
export const RELATIONSHIP_ID = both('officeDocument/2006/relationships', 'officeDocument/relationships');

const relationship = (kind: string): readonly string[] => RELATIONSHIP_ID.map((base) => `${base}/${kind}`);

export const OFFICE_DOCUMENT = relationship('officeDocument');
export const WORKSHEET = relationship('worksheet');
export const SHARED_STRINGS = relationship('sharedStrings');
export const STYLES = relationship('styles');
