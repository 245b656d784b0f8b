// breaks: no-restricted-properties
export const url = process.env['DATABASE_URL'];
