// What stands below the options of each command's `--help`: what it prints, its exit codes, and examples to copy.

const BATCH = '0b5e0c2e-6a52-4a3e-9c39-5f0a5d7f2c11';
const KEY = '7c9e6679-7425-40de-944b-e07fc1f90ae7';

/** Exit codes that hold for every command. */
const EXIT_CODES = `Exit codes · 退出码:
  0  done · 完成
  1  done, and the answer is no: rows rejected, a log that does not hold, something left over · 已完成但结果为否
  2  not done: wrong arguments, configuration, a file or the database · 未完成
  3  stored, and waits for an operator: the source is paused · 已保存，等待恢复`;

export const HELP = {
  program: `
Environment · 环境变量 (an empty one counts as unset · 空值视为未设置):
  HOST, PORT          where the API listens · 监听地址 (127.0.0.1, 8080)
  DATA_DIR            files, keys and the gateway's own PostgreSQL · 数据目录 (./data)
  CONFIG_DIR          the configuration · 配置目录 (./config)
  DATABASE_URL        another PostgreSQL; without it the gateway runs its own in DATA_DIR/postgres · 外部数据库
  REDIS_URL           wakes workers of several machines; without it one process does all · 多机部署时使用
  CITY_URL, CITY_TOKEN  the city platform · 市级平台
  <ID>_URL, <ID>_TOKEN  any other destination: regional-platform has REGIONAL_PLATFORM_URL · 其他目的地，按编号命名
  DATA_KEY_FILE, SIGNING_KEY_FILE  keys kept elsewhere than in DATA_DIR · 密钥文件
  LOG_LEVEL           trace, debug, info, warn, error, fatal or silent · 日志级别

${EXIT_CODES}

Begin with · 从这里开始 (in a clone: npm run --silent gateway -- COMMAND · 在源码目录中):
  gateway demo                 the whole exchange on samples · 演示
  gateway serve --sandbox      a gateway with a simulated city; keys in DATA_DIR/sandbox.json · 沙箱
  gateway check                after each change of the configuration · 检查配置
  gateway COMMAND --help       options, exit codes and examples of a command · 各命令说明`,

  serve: `
Runs until SIGINT or SIGTERM; exit 0 only when everything was stopped in order. Roles may be spread over any number of
processes on one PostgreSQL and one Redis. 收到 SIGINT 或 SIGTERM 后有序停止。
Examples · 示例:
  gateway serve --sandbox
  PORT=9000 DATABASE_URL=postgres://gateway@db/gateway gateway serve
  gateway serve --role worker,scheduler`,

  demo: `
Needs nothing but a free port; with --once it exits 0 only if every figure closes.
Examples · 示例:
  gateway demo
  gateway demo --once`,

  check: `
Reads files and the environment alone, and needs no database. Exit 0 in order, 2 with every problem named. 不需要数据库。
What is no fault but to be known stands behind a “!”: a certificate that soon ends, a destination whose address is not set.
以“!”开头的是提示：证书即将到期、未设置地址的目的地。
Examples · 示例:
  gateway check
  CONFIG_DIR=/etc/gateway gateway check`,

  migrate: `
\`serve\` does it at its start; run it by itself before an upgrade of several machines. 服务启动时会自动执行。
Exit 0 up to date, 2 the database is away or a migration failed. 退出码：0 已是最新，2 未完成。
Examples · 示例:
  gateway migrate
  DATABASE_URL=postgres://gateway@db/gateway gateway migrate`,

  validate: `
Reads the file and the configuration alone, and needs no database. 不需要数据库，不保存任何内容。
Exit 0 clean, 1 rows would be rejected, 2 the file cannot be read. 退出码：0 合格，1 有不合格行，2 无法读取。
The ids of sources stand in config/sources.yaml. 来源编号见 config/sources.yaml。
Examples · 示例:
  gateway validate export.csv --source market-regulation-penalty
  gateway validate export.xlsx --source market-regulation-licence --json`,

  ingest: `
Prints the account of the batch and its receipt. Exit 0 settled or held, whatever its rows are; 2 not taken in, or failed
on our side; 3 stored, but its source is paused: it is processed once an operator resumes the source.
退出码：0 已处理（含有不合格行或暂存），2 未接收或处理失败，3 已保存但来源已暂停，恢复后自动处理。
Examples · 示例:
  gateway ingest export.csv --source market-regulation-penalty
  gateway ingest export.xlsx --source market-regulation-licence --json`,

  replay: `
Rows keep their place in the order of versions: what came later is never overwritten (stale). Rows that were rejected
and pass now are stored; the account and the receipt of the first batch stay as they are.
Exit 0 settled; 2 refused, or failed on our side; 3 ordered, but its source is paused: it is judged once an operator
resumes the source. 退出码：0 已处理，2 被拒绝或处理失败，3 已登记但来源已暂停，恢复后自动处理。
Examples · 示例:
  gateway replay ${BATCH} --preview
  gateway replay ${BATCH} --reason "heading of 2026 added to the mapping"`,

  template: `
Needs no database. 不需要数据库。
Exit 0 written, 2 there is no such type, or the file cannot be written. 退出码：0 已生成，2 类别不存在或无法写入。
Examples · 示例:
  gateway template administrative-penalty --format xlsx --out penalties.xlsx
  gateway template administrative-licence > licences.csv`,

  docs: `
Writes one page for each type of schemas/, and a list of them. Needs no database. 不需要数据库。
Exit 0 written, 2 the configuration is at fault, or the folder cannot be written. 退出码：0 已生成，2 配置有误或无法写入。
Examples · 示例:
  gateway docs
  gateway docs --out /tmp/record-types`,

  keys: `
Exit 0 done, 2 not done. 退出码：0 完成，2 未完成。
Examples · 示例:
  gateway keys create --agency market-regulation --role agency
  gateway keys revoke ${KEY}`,

  keysCreate: `
The key goes to standard output, its id to standard error: keep the id, it revokes the key. Stored is a hash alone.
密钥仅显示一次；请保存编号，吊销时使用。
Exit 0 made, 2 not made: no such agency, or the database is away. 退出码：0 已创建，2 未创建。
Examples · 示例:
  gateway keys create --agency market-regulation --role agency
  gateway keys create --role operator > operator.key`,

  keysRevoke: `
Exit 0 revoked, 2 there is no such key in force. The id was printed when the key was made. 编号在创建时显示。
退出码：0 已吊销，2 没有此有效密钥。
Example · 示例:
  gateway keys revoke ${KEY}`,

  audit: `
Exit 0 all of the log holds, 1 it does not, 2 it cannot be read. 退出码：0 完好，1 不完好，2 无法读取。
Example · 示例:
  gateway audit verify`,

  auditVerify: `
Prints how many entries hold, and the last of them as NUMBER:HASH: keep it apart from the database, and give it
as --checkpoint next time. Without one, entries cut off at the very end cannot be noticed.
Exit 0 all of it holds, 1 it does not. 退出码：0 完好，1 不完好。
Examples · 示例:
  gateway audit verify
  gateway audit verify --checkpoint 1042:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --json`,

  dataKey: `
In this order, while the gateway serves: \`rotate\`, back the key file up, \`reseal\`. \`status\` and \`reseal\` exit 1 where
something is left. 顺序：rotate，备份密钥文件，reseal。
Exit 0 done, 1 something is left, 2 not done. 退出码：0 完成，1 尚有遗留，2 未完成。
Examples · 示例:
  gateway data-key rotate
  gateway data-key reseal`,

  dataKeyRotate: `
Exit 0 a new key is in front, or the last one is less than a minute old; 2 nothing was changed, also where somebody
else holds what it needs for a minute (\`data-key.busy\`): run it again.
退出码：0 已轮换（或刚刚轮换过），2 未作更改。
Example · 示例:
  gateway data-key rotate`,

  dataKeyReseal: `
Takes a minute at least, beside the serving gateway; killed, it is simply started again. 可在服务运行时执行，中断后可重新运行。
Exit 0 the old keys are gone, or there was none; 1 something is still under an old key: run it again; 2 not done, also
where another transaction holds a lock for a minute (\`data-key.busy\` says which): no key is removed then, run it again.
退出码：0 旧密钥已移除，1 尚有遗留，请再次运行，2 未完成（含其他事务占用超过一分钟：不移除密钥，请再次运行）。
Example · 示例:
  gateway data-key reseal`,

  dataKeyStatus: `
Prints one JSON object. Exit 0 the file holds every key, 1 it lacks one (\`missing\`), 2 it cannot be told.
退出码：0 密钥齐全，1 缺少密钥，2 无法判断。
Example · 示例:
  gateway data-key status`,
} as const;
