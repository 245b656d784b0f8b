// Mocha's spec reporter, which also writes `{passed, failed, skipped}` into the file of the option `counts`.
const { writeFileSync } = require('node:fs');
const { reporters } = require('mocha');

module.exports = function CountingReporter(runner, options) {
  const { counts } = options.reporterOptions ?? {};
  runner.once('end', () => {
    if (counts === undefined) return;
    const { passes, failures, pending } = runner.stats;
    writeFileSync(counts, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
  });
  return new reporters.Spec(runner, options);
};
