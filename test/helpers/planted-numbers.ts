// Synthetic ID numbers with right check characters, each with the place that it is planted in, and the search for
// them in any form that they may hide in.
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

export interface Plants {
  /** Makes a number for a place. */
  readonly plant: (place: string) => string;
  readonly size: number;
  /** The places whose numbers stand in these bytes: raw, as hexadecimal digits, as base64, in UTF-16. */
  foundIn(bytes: string | Buffer): string[];
}

/** Starts without any. */
export function createPlants(): Plants {
  const forms = new Map<string, readonly string[]>();
  let last = 0;
  return {
    plant: (place) => {
      last += 1;
      const number = citizenId(last);
      forms.set(`${place} (${last})`, formsOf(number));
      return number;
    },
    get size() {
      return forms.size;
    },
    foundIn: (bytes) => {
      const text = typeof bytes === 'string' ? bytes : bytes.toString('latin1');
      return [...forms]
        .filter(([, each]) => each.some((form) => text.includes(form)))
        .map(([place]) => place);
    },
  };
}

/** The n-th synthetic citizen ID of Binhai. */
function citizenId(n: number): string {
  const body = `12011619870${String(612_000 + n)}`.slice(0, 17);
  const sum = WEIGHTS.reduce((total, weight, i) => total + weight * Number(body[i]), 0);
  return body + '10X98765432'[sum % 11]!;
}

function formsOf(number: string): string[] {
  const bytes = [Buffer.from(number), Buffer.from(number, 'utf16le')];
  return [
    number,
    number.toLowerCase(),
    ...bytes.map((each) => each.toString('hex')),
    ...bytes.map((each) => each.toString('latin1')),
    // Base64 has three alignments; what stands at the edges depends on the neighbours and is cut off.
    ...bytes.flatMap((each) => [0, 1, 2].map((skip) => base64At(each, skip))),
  ];
}

function base64At(bytes: Buffer, skip: number): string {
  const text = Buffer.concat([Buffer.alloc(skip), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  return text.slice(skip === 0 ? 0 : skip + 1, -2);
}
