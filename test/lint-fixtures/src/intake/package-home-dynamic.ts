// breaks: house/package-home
export const driver = (): Promise<unknown> => import('pg');
