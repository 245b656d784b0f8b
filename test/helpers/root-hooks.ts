// Mocha 12 swallows a rejection that nobody handles; here it fails the test that runs, or the whole run after it.

process.on('unhandledRejection', (reason) => {
  throw reason;
});
