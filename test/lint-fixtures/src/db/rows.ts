// breaks: nothing
export const rows: readonly string[] = [];
