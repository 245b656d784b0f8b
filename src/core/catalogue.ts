// The shapes of `config/catalogue.yaml` and `config/lists.yaml`: what may be exchanged at all, on what ground.
import type { Openness } from './openness.js';

export interface CatalogueEntry {
  readonly type: string;
  readonly titleZh: string;
  readonly nationalClass: string;
  readonly legalBasis: string;
  readonly openness: Openness;
  /** The field in which a record may state a narrower one; its code list says what the values mean. */
  readonly opennessField?: string;
  readonly subjects: readonly ('organisation' | 'sole-trader' | 'natural-person')[];
  /** The agencies that may send the type; `any` where the law gives it to every authority for its own decisions. */
  readonly senders: 'any' | readonly string[];
  /** The fields that tell one record from another, as the schema has them. */
  readonly identity: readonly string[];
  /** The fields from which the end of a record is worked out; its records do not end by themselves where it is absent. */
  readonly periods?: {
    /** The class, and the day from which its period runs; absent where records have no class. */
    readonly class?: string;
    readonly from?: string;
    /** The end that a record may state itself. */
    readonly end?: string;
  };
  /** Where entries in lists and their removals are records of one type: how a removal ends its entry. */
  readonly listing?: ListingFields;
  /** How many days what belongs to its records is kept; what it does not say is as in `retention.yaml`. */
  readonly retention: TypeRetention;
  /** Within how many working days of the day in which field a record has to come; never late where it is absent. */
  readonly timeliness?: TimelinessRule;
}

export interface TypeRetention {
  readonly originalsDays?: number | 'unlimited';
  readonly rejectedRowsDays?: number | 'unlimited';
  readonly problemsDays?: number | 'unlimited';
  /** What a version said, from the day on which the next one took its place. */
  readonly oldVersionsDays: number | 'unlimited';
}

export interface ListingFields {
  /** The field that tells entry from removal, and what it says in a removal. */
  readonly action: string;
  readonly removal: string;
  /** The field that names the list. */
  readonly list: string;
  /** The field in which a removal gives the document number of its entry. */
  readonly entry: string;
}

export interface TimelinessRule {
  /** The field of the type that holds the day from which is counted. */
  readonly from: string;
  readonly workingDays: number;
}

/** A list of subjects that a law, an administrative regulation or a central document allows. */
export interface NamedList {
  readonly id: string;
  /** Its official Chinese name, as records must give it. */
  readonly name: string;
  readonly title: string;
  /** A local list stands on a local regulation. */
  readonly level: 'national' | 'local';
  /** Which of the four fields of State Council Office document 2020/49 it belongs to. */
  readonly field: 'health-and-safety' | 'market-order' | 'refused-obligations' | 'national-defence';
  readonly legalBasis: string;
  /** The agencies that are entitled to enter and remove. */
  readonly agencies: readonly string[];
}
