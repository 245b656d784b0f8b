// breaks: eqeqeq
// eslint-disable-next-line eqeqeq
export const same = (a: string, b: string): boolean => a == b;
