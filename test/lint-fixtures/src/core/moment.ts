// breaks: nothing
export interface Moment {
  readonly iso: string;
}

export const START: Moment = { iso: '2020-01-01' };
