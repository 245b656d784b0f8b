// breaks: @typescript-eslint/switch-exhaustiveness-check
export function word(operation: 'upsert' | 'delete'): string {
  switch (operation) {
    case 'upsert':
      return 'kept';
  }
  return 'gone';
}
