// breaks: import-x/no-default-export
export default function feed(): string {
  return 'records';
}
