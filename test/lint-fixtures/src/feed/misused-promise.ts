// breaks: @typescript-eslint/no-misused-promises
export function each(names: readonly string[], work: (name: string) => Promise<void>): void {
  names.forEach(work);
}
