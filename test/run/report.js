// What stands at the end of a whole run: the slowest tests and files, and every failure once more.
const SHOWN = 25;

const seconds = (ms) => (ms / 1000).toFixed(1).padStart(7);
const byTime = (entries) => entries.toSorted((a, b) => b.ms - a.ms).slice(0, SHOWN);

/** Prints the slowest tests and files; a file's time has its hooks in it, and what its own process computed. */
export function printSlowest({ tests, files }) {
  console.log(`  the ${SHOWN} slowest tests (s)`);
  for (const { title, ms } of byTime(tests)) console.log(`  ${seconds(ms)}  ${title}`);
  console.log(`\n  the ${SHOWN} slowest files (s, and processor time of the process of the tests)`);
  for (const { file, ms, processorMs } of byTime(files))
    console.log(`  ${seconds(ms)} ${seconds(processorMs)}  ${file}`);
}

/** Prints every failure, so that a log cut off at its head still tells them. */
export function printFailures(failures) {
  for (const { title, message } of failures) console.log(`  ✖ ${title}\n${message.replace(/^/gm, '      ')}`);
}

/** Prints what a measurement said that was made again. */
export function printMeasuredAgain(again) {
  for (const { title, message } of again)
    console.log(`  ↻ measured again: ${title}: ${message.split('\n')[0]}`);
}
