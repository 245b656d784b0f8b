// What holds for every run of mocha: a rejection that nobody handles fails the test that runs, or the whole run
// after it (mocha 12 swallows it), and a PostgreSQL that the tests started is stopped at the end.
import { stopTestServer } from './test-server.js';

process.on('unhandledRejection', (reason) => {
  throw reason;
});

export async function mochaGlobalTeardown(): Promise<void> {
  await stopTestServer();
}
