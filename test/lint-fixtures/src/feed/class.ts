// breaks: no-restricted-syntax
export class Feed {
  readonly name = 'records';
}
