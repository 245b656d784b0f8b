#!/usr/bin/env node
// The command line. Each command is one function below `cli/`; this file says their names and options.
import { Command, Option } from 'commander';
import { runCheck } from './cli/check.js';
import { runDemo } from './cli/demo.js';
import { runIngest } from './cli/ingest.js';
import { runKeysCreate, runKeysRevoke } from './cli/keys.js';
import { runMigrate } from './cli/migrate.js';
import { describeFailure, note } from './cli/output.js';
import { runServe } from './cli/serve.js';
import { runTemplate } from './cli/template.js';
import { runValidate } from './cli/validate.js';
import { ROLES } from './core/words.js';

const program = new Command()
  .name('gateway')
  .description('The credit exchange gateway · 信用信息交换网关')
  .showHelpAfterError('Run with --help for the options · 使用 --help 查看选项')
  .addHelpText(
    'after',
    `
Environment · 环境变量: HOST PORT DATA_DIR CONFIG_DIR DATA_KEY_FILE DATABASE_URL REDIS_URL CITY_URL CITY_TOKEN LOG_LEVEL
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
  .action(runServe);

program
  .command('demo')
  .description('show the whole exchange on sample batches · 演示完整流程')
  .option('--once', 'end after the accounting table', false)
  .action(runDemo);

program
  .command('check')
  .description('check configuration, schemas, mappings and routes: every problem at once · 检查配置')
  .action(runCheck);

program.command('migrate').description('bring the tables up to date · 更新数据表').action(runMigrate);

program
  .command('validate')
  .description(
    'say what intake would say about a file; stores nothing; exit 0 clean, 1 rows rejected, 2 unreadable · 校验文件',
  )
  .argument('<file>')
  .requiredOption('--source <id>', 'the source that would deliver it')
  .option('--json', 'print one JSON object', false)
  .action(runValidate);

program
  .command('ingest')
  .description('take a file in, in this process, to its settled batch · 接收文件')
  .argument('<file>')
  .requiredOption('--source <id>', 'the source that delivers it')
  .option('--json', 'print the batch as one JSON object', false)
  .action(runIngest);

program
  .command('template')
  .description('write the template of a record type · 生成模板')
  .argument('<type>', 'administrative-penalty, administrative-licence')
  .addOption(new Option('--format <format>', 'file format').choices(['csv']).default('csv'))
  .option('--out <file>', 'where to write it; standard output otherwise')
  .action(runTemplate);

const keys = program.command('keys').description('access keys · 访问密钥');
keys
  .command('create')
  .description('create a key and print it, this once · 创建密钥')
  .option('--agency <id>', 'the agency it is for (role agency only)')
  .addOption(new Option('--role <role>', 'what it may do').choices([...ROLES]).makeOptionMandatory())
  .action(runKeysCreate);
keys.command('revoke').description('revoke a key · 吊销密钥').argument('<id>').action(runKeysRevoke);

try {
  await program.parseAsync();
} catch (error) {
  note(describeFailure(error));
  process.exitCode = 2;
}
