// breaks: max-depth
export function find(rows: readonly string[][], wanted: string): boolean {
  for (const row of rows) {
    for (const cell of row) {
      if (cell.length > 0) {
        if (cell === wanted) return true;
      }
    }
  }
  return false;
}
