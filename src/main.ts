#!/usr/bin/env node
// The command line. Each command is one function below `cli/`; this file says their names and options,
// and loads a command's modules when it is called: all of them take a second.
import { Command, Option } from 'commander';
import { parseCheckpoint } from './cli/checkpoint.js';
import { describeFailure, note } from './cli/output.js';
import { ROLES } from './core/words.js';
import { boundHeap } from './platform/bound-heap.js';

boundHeap();

type Run<A extends unknown[]> = (...args: A) => unknown;

/** Loads a command when it is called. */
const later =
  <A extends unknown[]>(load: () => Promise<Run<A>>): ((...args: A) => Promise<void>) =>
  async (...args) => {
    const run = await load();
    await run(...args);
  };

const program = new Command()
  .name('gateway')
  .description('The credit exchange gateway · 信用信息交换网关')
  .showHelpAfterError('Run with --help for the options · 使用 --help 查看选项')
  .addHelpText(
    'after',
    `
Environment · 环境变量: HOST PORT DATA_DIR CONFIG_DIR DATA_KEY_FILE SIGNING_KEY_FILE DATABASE_URL REDIS_URL CITY_URL CITY_TOKEN LOG_LEVEL
Without DATABASE_URL the gateway runs its own PostgreSQL in DATA_DIR/postgres.
Examples · 示例:
  gateway serve --sandbox
  gateway validate export.csv --source market-regulation-penalty
  gateway keys create --agency market-regulation --role agency`,
  );

program
  .command('serve')
  .description('run the gateway · 运行网关')
  .option('--role <list>', 'what this process does, joined by commas', 'api,worker,scheduler')
  .option('--sandbox', 'also start a simulated city and agencies, and write DATA_DIR/sandbox.json', false)
  .action(later(async () => (await import('./cli/serve.js')).runServe));

program
  .command('demo')
  .description('show the whole exchange on sample batches · 演示完整流程')
  .option('--once', 'end after the accounting table', false)
  .action(later(async () => (await import('./cli/demo.js')).runDemo));

program
  .command('check')
  .description('check configuration, schemas, mappings and routes: every problem at once · 检查配置')
  .action(
    later(async () => {
      const { runCheck } = await import('./cli/check.js');
      return () => runCheck(() => new Date());
    }),
  );

program
  .command('migrate')
  .description('bring the tables up to date · 更新数据表')
  .action(later(async () => (await import('./cli/migrate.js')).runMigrate));

program
  .command('validate')
  .description(
    'say what intake would say about a file; stores nothing; exit 0 clean, 1 rows rejected, 2 unreadable · 校验文件',
  )
  .argument('<file>')
  .requiredOption('--source <id>', 'the source that would deliver it')
  .option('--json', 'print one JSON object', false)
  .action(later(async () => (await import('./cli/validate.js')).runValidate));

program
  .command('ingest')
  .description('take a file in, in this process, to its settled batch · 接收文件')
  .argument('<file>')
  .requiredOption('--source <id>', 'the source that delivers it')
  .option('--json', 'print the batch as one JSON object', false)
  .action(later(async () => (await import('./cli/ingest.js')).runIngest));

program
  .command('replay')
  .description('judge a batch once more by the mapping of today, as a batch of its own · 重新处理批次')
  .argument('<batch>', 'the id of a settled batch')
  .option('--preview', 'say what would change, and write nothing', false)
  .option('--reason <text>', 'why, for the audit log')
  .option('--json', 'print one JSON object: the preview, or the replay', false)
  .addHelpText(
    'after',
    `
Rows keep their place in the order of versions: what came later is never overwritten (stale). Rows that were rejected
and pass now are stored; the account and the receipt of the first batch stay as they are.
Examples · 示例:
  gateway replay 0b5e0c2e-6a52-4a3e-9c39-5f0a5d7f2c11 --preview
  gateway replay 0b5e0c2e-6a52-4a3e-9c39-5f0a5d7f2c11 --reason "heading of 2026 added to the mapping"`,
  )
  .action(later(async () => (await import('./cli/replay.js')).runReplay));

program
  .command('template')
  .description('write the template of a record type · 生成模板')
  .argument('<type>', 'a type of config/catalogue.yaml, e.g. administrative-penalty')
  .addOption(new Option('--format <format>', 'file format').choices(['csv', 'xlsx']).default('csv'))
  .option('--out <file>', 'where to write it; otherwise TYPE.xlsx, or standard output for csv')
  .action(later(async () => (await import('./cli/template.js')).runTemplate));

program
  .command('docs')
  .description('write the pages of the record types · 生成信息类别说明')
  .option('--out <folder>', 'where to write them', 'docs/record-types')
  .action(later(async () => (await import('./cli/docs.js')).runDocs));

const keys = program.command('keys').description('access keys · 访问密钥');
keys
  .command('create')
  .description('create a key and print it, this once · 创建密钥')
  .option('--agency <id>', 'the agency it is for (role agency only)')
  .addOption(new Option('--role <role>', 'what it may do').choices([...ROLES]).makeOptionMandatory())
  .action(later(async () => (await import('./cli/keys.js')).runKeysCreate));
keys
  .command('revoke')
  .description('revoke a key · 吊销密钥')
  .argument('<id>')
  .action(later(async () => (await import('./cli/keys.js')).runKeysRevoke));

const audit = program.command('audit').description('the audit log · 审计日志');
audit
  .command('verify')
  .description(
    'walk the whole audit log and say the first entry that is changed, missing or moved; exit 0 all holds, 1 not · 校验审计日志',
  )
  .option(
    '--checkpoint <number:hash>',
    'a place of the log that you kept, e.g. of a receipt: finds a log that was cut off at its end, or rewritten',
    parseCheckpoint,
  )
  .option('--json', 'print one JSON object: entries, last, firstBroken', false)
  .addHelpText(
    'after',
    `
Prints how many entries hold, and the last of them as NUMBER:HASH: keep it apart from the database, and give it
as --checkpoint next time. Without one, entries cut off at the very end cannot be noticed.
Examples · 示例:
  gateway audit verify
  gateway audit verify --checkpoint 1042:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --json`,
  )
  .action(later(async () => (await import('./cli/audit.js')).runAuditVerify));
const dataKey = program.command('data-key').description('keys of the data at rest · 数据密钥');
dataKey
  .command('rotate')
  .description('make a new key to seal with; the old one still opens · 轮换密钥')
  .action(later(async () => (await import('./cli/data-key.js')).runDataKeyRotate));
dataKey
  .command('reseal')
  .description('seal everything with the current key, then remove the old ones · 重新加密')
  .action(later(async () => (await import('./cli/data-key.js')).runDataKeyReseal));
dataKey
  .command('status')
  .description('how much is sealed with which key · 密钥状态')
  .action(later(async () => (await import('./cli/data-key.js')).runDataKeyStatus));

try {
  await program.parseAsync();
} catch (error) {
  note(describeFailure(error));
  process.exitCode = 2;
}
