// Identity documents other than the citizen ID: only their outward form can be checked.

const FORMS: Readonly<Record<string, RegExp>> = {
  护照号: /^[A-Z0-9]{5,17}$/,
  港澳居民来往内地通行证: /^[HM]\d{8}(\d{2})?$/,
  台湾居民来往大陆通行证: /^(\d{8}|\d{10}[A-Z0-9])$/,
  外国人永久居留身份证: /^([A-Z]{3}\d{12}|9\d{17})$/,
};

/** Tells whether an upper-case number has the form of its kind of document; other kinds only need a number. */
export function fitsIdentityDocument(kind: string, number: string): boolean {
  return FORMS[kind]?.test(number) ?? (number.length >= 3 && number.length <= 64);
}
