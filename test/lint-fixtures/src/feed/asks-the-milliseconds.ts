// breaks: no-restricted-syntax
export const nowMs = (): number => Date.now();
