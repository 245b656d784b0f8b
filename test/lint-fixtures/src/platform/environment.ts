// breaks: nothing
export const url = process.env['DATABASE_URL'];
