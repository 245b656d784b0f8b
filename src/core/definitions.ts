// The shapes of what `schemas/` and `mappings/` say, as the loader has checked them: record types with
// their fields, code lists with their versions, and mappings from an agency's headings to fields.
import type { Openness } from './openness.js';
import type { ProblemCode } from './problems.js';

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
  readonly notAfter?: string | readonly string[];
  /** Fields that this amount may not exceed. */
  readonly notMoreThan?: string | readonly string[];
  /** Whether the value must be a list of `config/lists.yaml` that the sender is entitled to. */
  readonly namedList?: boolean;
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

/** What tells one record of a type from another: the name, and a document number or the columns in its place. */
export interface Identity {
  readonly name: string;
  readonly documentNumber?: string;
  readonly columns?: readonly string[];
}

export interface RecordSchema {
  readonly $id: string;
  readonly title: string;
  readonly titleZh: string;
  readonly identity: Identity;
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
  /** How open a record is that states this value. */
  readonly openness?: Openness;
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
  /** Spellings that stand for no value, e.g. 未定. */
  readonly absent?: readonly string[];
  /** Values of older lists that no value of this one stands for. */
  readonly withoutCounterpart?: readonly string[];
  /** Values that may be followed by a note, e.g. 其他-补发. */
  readonly annotated?: readonly string[];
}

export type Heading = string | { readonly heading: string; readonly unit: AmountUnit };

/** What makes a value that of another field: its row is about a natural person, or it has nine characters. */
export const INSTEAD_CASES = ['natural-person', 'organisation-code'] as const;
export type InsteadCase = (typeof INSTEAD_CASES)[number];

export interface InsteadRule {
  readonly field: string;
  readonly when: InsteadCase;
}

export interface ColumnRule {
  /** The official column of the table version; also the column in which the field goes out. */
  readonly official: string;
  readonly unit?: AmountUnit;
  /** The version of the code list in whose codes this column is written; those of all versions where it is absent. */
  readonly listVersion?: string;
  /** Fields to which a value of this column belongs instead; the first case that holds decides. */
  readonly instead?: readonly InsteadRule[];
  /** Fewer characters than the schema allows, where this column version is narrower. */
  readonly maxLength?: number;
  readonly headings: readonly Heading[];
  /** Headings of one further column, whose values are joined to those of this one. */
  readonly also?: readonly string[];
}

export const DERIVATIONS = ['kind-from-code', 'id-type-from-number', 'agency-name', 'agency-code'] as const;
export type Derivation = (typeof DERIVATIONS)[number];

export interface Mapping {
  readonly id: string;
  readonly type: string;
  readonly title: string;
  readonly titleZh: string;
  readonly columns: Readonly<Record<string, ColumnRule>>;
  readonly constants?: Readonly<Record<string, { readonly value: string; readonly with?: string }>>;
  readonly derived?: Readonly<Record<string, Derivation>>;
  /** Required fields that this column version does not have. */
  readonly lacks?: readonly string[];
  /** Fields that this column version requires, and the schema does not. */
  readonly requires?: readonly string[];
  /** The groups of this column version in the place of the schema's: they may only ask for less. */
  readonly requiredGroup?: readonly RequiredGroup[];
  readonly operation?: { readonly headings: readonly string[]; readonly withdraw: readonly string[] };
  /** `since`: no version was made before the day in this field, and none after the day of delivery. */
  readonly versionTime?: { readonly headings: readonly string[]; readonly since?: string };
  readonly dates?: { readonly excelSerials: boolean };
}

/** A condition on another field of the record: that it is this value, or a list that includes it. */
export interface QualityCondition {
  readonly field: string;
  readonly is: string;
}

/** What may be set to warning, error or off per source; `kind` says how `field` is looked at. */
export type QualityRule = { readonly field: string; readonly code: ProblemCode } & (
  | { readonly kind: 'organisation-part' }
  | { readonly kind: 'kind-and-code'; readonly codeField: string }
  | { readonly kind: 'agency-code' }
  | { readonly kind: 'expected'; readonly when: QualityCondition }
  | { readonly kind: 'bare-value'; readonly value: string }
  | { readonly kind: 'amount-in-text'; readonly text: string; readonly after: string }
  | { readonly kind: 'list-by-date'; readonly codeList: string; readonly date: string }
);

export interface Definitions {
  readonly types: ReadonlyMap<string, RecordSchema>;
  readonly codeLists: ReadonlyMap<string, CodeList>;
  readonly mappings: ReadonlyMap<string, Mapping>;
  readonly qualityRules: ReadonlyMap<string, QualityRule>;
}

/** What 长期 is written as. */
export const LONG_TERM = '2099-12-31';

/** A record in canonical form: absent fields are absent, never empty. */
export type CanonicalRecord = Record<string, string | string[]>;

export const SOLE_TRADER = '个体工商户';
export const NATURAL_PERSON = '自然人';
export const ORGANISATION = '法人及非法人组织';

/** The kinds of counterpart by the words of the catalogue. */
export const COUNTERPART_KINDS = {
  organisation: ORGANISATION,
  'sole-trader': SOLE_TRADER,
  'natural-person': NATURAL_PERSON,
} as const;
