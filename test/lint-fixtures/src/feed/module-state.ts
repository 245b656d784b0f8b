// breaks: no-restricted-syntax
let position = 0;

export const next = (): number => {
  position += 1;
  return position;
};
