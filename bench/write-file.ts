// Writes the rows of a bench in a process of its own, so that the memory it takes is not counted.
// node write-file.js PATH ROWS FORMAT NAME CODE DECIDED
import { FORMATS, writePenaltyFile } from './penalty-files.js';

const [path = '', rows = '', wanted = '', nameZh = '', creditCode = '', decidedOn = ''] =
  process.argv.slice(2);
const format = FORMATS.find((name) => name === wanted);
if (format === undefined) throw new Error(`There is no form ${wanted}.`);
const bytes = await writePenaltyFile(path, Number(rows), {
  agency: { nameZh, creditCode, decidedOn },
  format,
});
console.log(String(bytes));
