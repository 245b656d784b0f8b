// `npm run test:faults`: the fault tests with 20 seeds each; `FAULT_SEEDS=N` runs as many, `FAULT_SEED=N` that one.
process.env.FAULT_SEEDS ||= '20';
process.argv.push('test/faults');
await import('../run.js');
