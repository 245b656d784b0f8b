// The shape of a notice as schemas/notice.schema.json has checked it, and of a reason to refuse one.

export interface NoticeSubject {
  readonly name: string;
  readonly kind: '法人及非法人组织' | '个体工商户' | '自然人';
  readonly creditCode?: string;
  readonly registrationNumber?: string;
  readonly organisationCode?: string;
  readonly taxNumber?: string;
  readonly publicInstitutionNumber?: string;
  readonly socialOrganisationNumber?: string;
  /** Kind of identity document; 身份证 where there is none. */
  readonly idType?: string;
  readonly idNumber?: string;
}

/** Dates are `YYYY-MM-DD`. */
export interface Notice {
  readonly noticeId: string;
  readonly subject: NoticeSubject;
  readonly measure: string;
  readonly legalBasis: string;
  readonly decision: { readonly documentNumber: string; readonly authority: string; readonly date: string };
  readonly period: { readonly from: string; readonly to: string };
  readonly text: string;
  readonly respondBy?: string;
  readonly evaluation?: { readonly grade: string; readonly authority: string; readonly date: string };
}

export interface Reason {
  readonly code: string;
  /** JSON pointer of the place; empty for the notice as a whole. */
  readonly path: string;
  readonly message: string;
  readonly messageZh: string;
}
