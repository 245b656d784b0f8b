// The shapes of what `schemas/` and `mappings/` say, as the loader has checked them: record types with
// their fields, code lists with their versions, and mappings from an agency's headings to fields.

export const NORMALISERS = [
  'name',
  'document-number',
  'code',
  'text',
  'date',
  'amount',
  'list',
  'multi-list',
  'id-number',
] as const;
export type Normaliser = (typeof NORMALISERS)[number];

export const AMOUNT_UNITS = ['yuan', 'ten-thousand-yuan'] as const;
export type AmountUnit = (typeof AMOUNT_UNITS)[number];

export interface FieldSchema {
  readonly title: string;
  readonly titleZh: string;
  readonly type: 'string' | 'array';
  readonly maxLength?: number;
  readonly normalise: Normaliser;
  readonly format?: string;
  readonly codeList?: string;
  readonly personal?: boolean;
  readonly notInFuture?: boolean;
  readonly notBefore?: string | readonly string[];
  readonly longTerm?: boolean;
  readonly placeholder?: boolean;
  readonly idTypeField?: string;
  readonly examples?: readonly unknown[];
}

/** At least one of the fields must be there, unless the subject is of the named kind. */
export interface RequiredGroup {
  readonly fields: readonly string[];
  readonly unlessKind?: string;
}

export interface RecordSchema {
  readonly $id: string;
  readonly title: string;
  readonly titleZh: string;
  readonly identity: { readonly documentNumber: string; readonly name: string };
  readonly properties: Readonly<Record<string, FieldSchema>>;
  readonly required: readonly string[];
  readonly requiredGroup?: readonly RequiredGroup[];
  readonly quality: Readonly<Record<string, 'error' | 'warning' | 'off'>>;
}

export interface CodeListValue {
  readonly value: string;
  readonly codes: readonly string[];
  readonly spellings: readonly string[];
  readonly expandsTo?: readonly string[];
}

export interface CodeList {
  readonly id: string;
  readonly title: string;
  readonly titleZh: string;
  readonly versions: readonly {
    readonly id: string;
    readonly from?: string;
    readonly values: readonly CodeListValue[];
  }[];
  /** Values that may be followed by a note, e.g. 其他-补发. */
  readonly annotated?: readonly string[];
}

export type Heading = string | { readonly heading: string; readonly unit: AmountUnit };

export interface ColumnRule {
  /** The official column of the table version; also the column in which the field goes out. */
  readonly official: string;
  readonly unit?: AmountUnit;
  readonly headings: readonly Heading[];
}

export interface Mapping {
  readonly id: string;
  readonly type: string;
  readonly title: string;
  readonly titleZh: string;
  readonly columns: Readonly<Record<string, ColumnRule>>;
  readonly constants?: Readonly<Record<string, { readonly value: string; readonly with?: string }>>;
  readonly derived?: Readonly<Record<string, 'kind-from-code'>>;
  readonly operation?: { readonly headings: readonly string[]; readonly withdraw: readonly string[] };
  readonly versionTime?: { readonly headings: readonly string[] };
  readonly dates?: { readonly excelSerials: boolean };
}

export interface Definitions {
  readonly types: ReadonlyMap<string, RecordSchema>;
  readonly codeLists: ReadonlyMap<string, CodeList>;
  readonly mappings: ReadonlyMap<string, Mapping>;
}

/** A record in canonical form: absent fields are absent, never empty. */
export type CanonicalRecord = Record<string, string | string[]>;

export const SOLE_TRADER = '个体工商户';
export const NATURAL_PERSON = '自然人';
export const ORGANISATION = '法人及非法人组织';
