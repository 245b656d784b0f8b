// breaks: no-console
export const tell = (sentence: string): void => console.log(sentence);
