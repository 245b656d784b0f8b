// Mocha's spec reporter, which also writes `{passed, failed, skipped, failures, again, tests, files}` into the file of the option
// `counts`: what each test took (ms), and each file with its hooks (ms, processor ms of this process).
const { writeFileSync } = require('node:fs');
const path = require('node:path');
const { reporters } = require('mocha');

const relative = (file) => path.relative(path.resolve(__dirname, '..'), file);

function watchFiles(runner) {
  const files = new Map();
  const begun = new Map();
  runner.on('suite', (suite) => {
    if (suite.parent?.root === true) begun.set(suite, { at: Date.now(), usage: process.cpuUsage() });
  });
  runner.on('suite end', (suite) => {
    const start = begun.get(suite);
    if (start === undefined || suite.file === undefined) return;
    const { user, system } = process.cpuUsage(start.usage);
    const file = relative(suite.file);
    const known = files.get(file) ?? { file, ms: 0, processorMs: 0 };
    known.ms += Date.now() - start.at;
    known.processorMs += Math.round((user + system) / 1000);
    files.set(file, known);
  });
  return files;
}

module.exports = function CountingReporter(runner, options) {
  const { counts } = options.reporterOptions ?? {};
  const tests = [];
  const failures = [];
  const files = watchFiles(runner);
  runner.on('fail', (test, error) => {
    failures.push({ title: test.fullTitle(), message: String(error.stack ?? error.message ?? error) });
  });
  const again = [];
  runner.on('retry', (test, error) => {
    again.push({ title: test.fullTitle(), message: String(error.message ?? error) });
  });
  runner.on('test end', (test) => {
    if (test.duration !== undefined)
      tests.push({ title: test.fullTitle(), file: relative(test.file ?? ''), ms: test.duration });
  });
  runner.once('end', () => {
    if (counts === undefined) return;
    const { passes, pending } = runner.stats;
    const totals = { passed: passes, failed: runner.stats.failures, skipped: pending };
    writeFileSync(counts, JSON.stringify({ ...totals, failures, again, tests, files: [...files.values()] }));
  });
  return new reporters.Spec(runner, options);
};
