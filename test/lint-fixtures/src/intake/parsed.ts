// breaks: nothing
export interface Parsed {
  readonly text: string;
}
