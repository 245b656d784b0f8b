// `gateway demo`: the main job on sample batches, through the same HTTP that agencies and the city use:
// upload ─▶ settle ─▶ forward ─▶ feed, then a notice out and its feedback back. Ends with an account.
import { join } from 'node:path';
import { startGateway } from '../app/gateway.js';
import { createLogger } from '../platform/logger.js';
import { readEnvironment } from '../platform/environment.js';
import { takeAccount } from './demo-account.js';
import { accountTable } from './demo-table.js';
import { runExchange } from './demo-exchange.js';
import { note, print } from './output.js';
import { waitForSignal } from './serve.js';

/** Runs the demo; exit code 1 where a figure does not close. */
export async function runDemo(options: { once: boolean }): Promise<void> {
  // A demo keeps away from a real gateway's data, and logs only what a person must see.
  const environment = readEnvironment(undefined, { dataDir: 'data/demo', logLevel: 'error' });
  const log = createLogger(environment.logLevel);
  note('Starting gateway, simulated city and simulated agencies … · 正在启动');
  const signal = waitForSignal();
  const gateway = await startGateway({
    environment,
    log,
    roles: ['api', 'worker', 'scheduler'],
    sandbox: true,
    takeFreePort: true,
  });
  let isClosed = false;
  try {
    const exchange = await runExchange(gateway, note);
    const account = await takeAccount(gateway, exchange);
    print(accountTable(account));
    isClosed = account.checks.every((check) => check.holds);
    print(`\nGateway · 网关: ${gateway.url}   API: ${gateway.url}/docs`);
    print(`Keys · 密钥: ${join(environment.dataDir, 'sandbox.json')}`);
    if (!options.once) {
      print('Serving; stop with Ctrl-C · 服务运行中，按 Ctrl-C 结束');
      await signal;
    }
  } finally {
    const isClean = await gateway.stop();
    if (!isClosed || !isClean) process.exitCode = 1;
  }
}
