#!/usr/bin/env node
// The command line. Each command is one function below `cli/`; this file says their names and options,
// and loads a command's modules when it is called: all of them take a second.
import { Command, CommanderError, Option } from 'commander';
import { parseCheckpoint } from './cli/checkpoint.js';
import { HELP } from './cli/help-texts.js';
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
  .showHelpAfterError('Run it with --help for options and examples · 使用 --help 查看选项和示例')
  // 1 is an answer of some commands: a mistyped option must not look like it.
  .exitOverride()
  .addHelpText('after', HELP.program);

program
  .command('serve')
  .description('run the gateway · 运行网关')
  .option('--role <list>', 'what this process does, joined by commas · 本进程的角色', 'api,worker,scheduler')
  .option(
    '--sandbox',
    'also start a simulated city and agencies, and write DATA_DIR/sandbox.json · 启动模拟的市级平台和部门',
    false,
  )
  .addHelpText('after', HELP.serve)
  .action(later(async () => (await import('./cli/serve.js')).runServe));

program
  .command('demo')
  .description('show the whole exchange on sample batches · 演示完整流程')
  .option('--once', 'end after the accounting table · 输出账目后结束', false)
  .addHelpText('after', HELP.demo)
  .action(later(async () => (await import('./cli/demo.js')).runDemo));

program
  .command('check')
  .description('check configuration, schemas, mappings and routes: every problem at once · 检查配置')
  .addHelpText('after', HELP.check)
  .action(
    later(async () => {
      const { runCheck } = await import('./cli/check.js');
      return () => runCheck(() => new Date());
    }),
  );

program
  .command('migrate')
  .description('bring the tables up to date · 更新数据表')
  .addHelpText('after', HELP.migrate)
  .action(later(async () => (await import('./cli/migrate.js')).runMigrate));

program
  .command('validate')
  .description('say what intake would say about a file, and store nothing · 校验文件')
  .argument('<file>', 'CSV, XLSX, JSON, NDJSON or XML · 文件')
  .requiredOption(
    '--source <id>',
    'the source that would deliver it, an id of config/sources.yaml · 来源编号',
  )
  .option('--json', 'print one JSON object · 输出 JSON', false)
  .addHelpText('after', HELP.validate)
  .action(later(async () => (await import('./cli/validate.js')).runValidate));

program
  .command('ingest')
  .description('take a file in, in this process, to its settled batch · 接收文件')
  .argument('<file>', 'CSV, XLSX, JSON, NDJSON or XML · 文件')
  .requiredOption('--source <id>', 'the source that delivers it, an id of config/sources.yaml · 来源编号')
  .option('--json', 'print the batch as one JSON object · 输出 JSON', false)
  .addHelpText('after', HELP.ingest)
  .action(later(async () => (await import('./cli/ingest.js')).runIngest));

program
  .command('replay')
  .description('judge a batch once more by the mapping of today, as a batch of its own · 重新处理批次')
  .argument('<batch>', 'the id of a settled batch · 已处理批次的编号')
  .option('--preview', 'say what would change, and write nothing · 仅预览', false)
  .option('--reason <text>', 'why, for the audit log · 原因，记入审计日志')
  .option('--json', 'print one JSON object: the preview, or the replay · 输出 JSON', false)
  .addHelpText('after', HELP.replay)
  .action(later(async () => (await import('./cli/replay.js')).runReplay));

program
  .command('template')
  .description('write the template of a record type · 生成模板')
  .argument('<type>', 'a type of config/catalogue.yaml, e.g. administrative-penalty · 信息类别')
  .addOption(
    new Option('--format <format>', 'file format · 文件格式').choices(['csv', 'xlsx']).default('csv'),
  )
  .option('--out <file>', 'where to write it; otherwise TYPE.xlsx, or standard output for csv · 输出文件')
  .addHelpText('after', HELP.template)
  .action(later(async () => (await import('./cli/template.js')).runTemplate));

program
  .command('docs')
  .description('write the pages of the record types · 生成信息类别说明')
  .option('--out <folder>', 'where to write them · 输出目录', 'docs/record-types')
  .addHelpText('after', HELP.docs)
  .action(later(async () => (await import('./cli/docs.js')).runDocs));

const keys = program.command('keys').description('access keys · 访问密钥').addHelpText('after', HELP.keys);
keys
  .command('create')
  .description('create a key and print it, this once · 创建密钥')
  .option(
    '--agency <id>',
    'the agency it is for (role agency only), an id of config/agencies.yaml · 部门编号',
  )
  .addOption(new Option('--role <role>', 'what it may do · 角色').choices([...ROLES]).makeOptionMandatory())
  .addHelpText('after', HELP.keysCreate)
  .action(later(async () => (await import('./cli/keys.js')).runKeysCreate));
keys
  .command('revoke')
  .description('revoke a key · 吊销密钥')
  .argument('<id>', 'the id that was printed with the key · 密钥编号')
  .addHelpText('after', HELP.keysRevoke)
  .action(later(async () => (await import('./cli/keys.js')).runKeysRevoke));

const audit = program
  .command('audit')
  .description('the audit log · 审计日志')
  .addHelpText('after', HELP.audit);
audit
  .command('verify')
  .description(
    'walk the whole audit log and say the first entry that is changed, missing or moved · 校验审计日志',
  )
  .option(
    '--checkpoint <number:hash>',
    'a place of the log that you kept, e.g. of a receipt: finds a log that was cut off at its end, or rewritten · 已保存的检查点',
    parseCheckpoint,
  )
  .option('--json', 'print one JSON object: entries, last, firstBroken · 输出 JSON', false)
  .addHelpText('after', HELP.auditVerify)
  .action(later(async () => (await import('./cli/audit.js')).runAuditVerify));
const dataKey = program
  .command('data-key')
  .description('keys of the data at rest · 数据密钥')
  .addHelpText('after', HELP.dataKey);
dataKey
  .command('rotate')
  .description('make a new key to seal with; the old one still opens · 轮换密钥')
  .addHelpText('after', HELP.dataKeyRotate)
  .action(later(async () => (await import('./cli/data-key.js')).runDataKeyRotate));
dataKey
  .command('reseal')
  .description('seal everything with the current key, then remove the old ones · 重新加密')
  .addHelpText('after', HELP.dataKeyReseal)
  .action(later(async () => (await import('./cli/data-key.js')).runDataKeyReseal));
dataKey
  .command('status')
  .description('how much is sealed with which key · 密钥状态')
  .addHelpText('after', HELP.dataKeyStatus)
  .action(later(async () => (await import('./cli/data-key.js')).runDataKeyStatus));

try {
  await program.parseAsync();
} catch (error) {
  // Commander has said what it had to say.
  if (!(error instanceof CommanderError)) note(describeFailure(error));
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : 2;
}
