// breaks: nothing
export const route = '/livez';
