// What can be wrong with the gateway as its operators see it: one table of codes with severity, what it is about,
// what it says and what to do, in both languages. Words in braces are filled in from the facts of each case.

export const CONDITION_SEVERITIES = ['error', 'warning', 'info'] as const;
/** `error`: act now; `warning`: look at it; `info`: know it. */
export type ConditionSeverity = (typeof CONDITION_SEVERITIES)[number];

export const SUBJECT_KINDS = [
  'source',
  'batch',
  'agency',
  'destination',
  'schedule',
  'calendar',
  'gateway',
] as const;
export type SubjectKind = (typeof SUBJECT_KINDS)[number];

interface ConditionKind {
  readonly severity: ConditionSeverity;
  readonly about: SubjectKind;
  readonly says: readonly [english: string, chinese: string];
  readonly todo: readonly [english: string, chinese: string];
}

export const CONDITIONS = {
  'source.late': {
    severity: 'warning',
    about: 'source',
    says: ['Nothing came for {periods}.', '{periods}未收到数据。'],
    todo: ['Ask the agency to deliver, or to say that there was nothing.', '请联系部门报送，或申报无数据。'],
  },
  'source.failing': {
    severity: 'error',
    about: 'source',
    says: ['{failures} runs in a row have failed: {error}', '连续{failures}次采集失败：{error}'],
    todo: [
      'Check its folder, service or database; POST /v1/sources/{subject}/run tries at once.',
      '请检查该来源的文件夹、接口或前置库，可用 run 立即重试。',
    ],
  },
  'source.paused': {
    severity: 'warning',
    about: 'source',
    says: ['Paused by {by}: {reason}', '已由{by}暂停：{reason}'],
    todo: ['POST /v1/sources/{subject}/resume lets it go on.', '可用 resume 恢复。'],
  },
  'pull.stuck': {
    severity: 'error',
    about: 'source',
    says: ['A run has been due since {since}, and nobody works on it.', '采集自{since}到期后无进程执行。'],
    todo: ['Check that a process with the role worker is running.', '请检查 worker 进程是否运行。'],
  },
  'schedule.missed': {
    severity: 'error',
    about: 'schedule',
    says: ['It was due at {since} and did not run.', '计划任务应于{since}执行但未执行。'],
    todo: ['Check that a process with the role scheduler is running.', '请检查 scheduler 进程是否运行。'],
  },
  'batch.stuck': {
    severity: 'error',
    about: 'batch',
    says: ['A batch of {source} has not moved since {since}.', '来源{source}的批次自{since}起无进展。'],
    todo: [
      'Check that a process with the role worker is running, and its log for this batch.',
      '请检查 worker 进程及其日志。',
    ],
  },
  'batch.held': {
    severity: 'warning',
    about: 'batch',
    says: ['A batch of {source} waits for a decision ({reason}).', '来源{source}的批次待确认（{reason}）。'],
    todo: [
      'Look at its preview; then POST /v1/batches/{subject}/release or /drop.',
      '请查看预览后放行或放弃。',
    ],
  },
  'batch.failed': {
    severity: 'error',
    about: 'batch',
    says: [
      'A batch of {source} failed on our side, and nothing was taken from {source} since.',
      '来源{source}的批次因系统原因失败，其后未再入库。',
    ],
    todo: [
      'See the log for this batch, mend the cause, and have it delivered again.',
      '请按日志排除原因后重新报送。',
    ],
  },
  'destination.lagging': {
    severity: 'warning',
    about: 'destination',
    says: ['{records} changes wait, the oldest since {since}.', '{records}条变更待转发，最早自{since}起。'],
    todo: ['Check the destination, and that a worker with its address runs.', '请检查目的地及转发进程。'],
  },
  'destination.no-address': {
    severity: 'warning',
    about: 'destination',
    says: ['{variable} is not set, so nothing is forwarded there.', '未设置 {variable}，不向该目的地转发。'],
    todo: [
      'Set {variable} and, where it asks for one, {token} for the processes with the roles worker and scheduler, and restart them; or take its entry out of config/destinations.yaml.',
      '请为 worker 和 scheduler 进程设置 {variable}（需要时还有 {token}）并重启；不用时请从 config/destinations.yaml 中删除该目的地。',
    ],
  },
  'destination.unreachable': {
    severity: 'error',
    about: 'destination',
    says: [
      'It has not answered {failures} times; only probes are sent.',
      '连续{failures}次无应答，仅发送探测。',
    ],
    todo: [
      'Check the network and the destination; sending goes on by itself.',
      '请检查网络和目的地，恢复后自动续传。',
    ],
  },
  'destination.paused': {
    severity: 'warning',
    about: 'destination',
    says: ['Nothing is sent: {reason}', '已暂停转发：{reason}'],
    todo: ['POST /v1/destinations/{subject}/resume lets it go on.', '可用 resume 恢复。'],
  },
  'destination.parked': {
    severity: 'error',
    about: 'destination',
    says: ['What is to be sent is parked: {reason}', '转发已搁置：{reason}'],
    todo: [
      'Check the token and certificates; a probe goes out now and then, POST /v1/destinations/{subject}/resume tries at once.',
      '请检查令牌和证书；系统会定期探测，也可用 resume 立即重试。',
    ],
  },
  'destination.set-aside': {
    severity: 'error',
    about: 'destination',
    says: [
      '{messages} messages with {records} changes fail while others pass, and are set aside.',
      '{messages}个报文（{records}条变更）屡次失败而其他报文正常，已搁置。',
    ],
    todo: [
      'See GET /v1/destinations/{subject}/set-aside for the reasons; mend the cause, then retry or replay each.',
      '请在 set-aside 查看原因，排除后重试或拆分补发。',
    ],
  },
  'destination.differs': {
    severity: 'error',
    about: 'destination',
    says: [
      'What it says that it received differs from what was sent in {records} records of {days} days.',
      '对账发现{days}日内{records}条记录不一致。',
    ],
    todo: [
      'Look at GET /v1/destinations/{subject}/reconciliations and the differences of each day; then POST …/{date}/repair.',
      '请查看对账结果和差异明细，确认后可用 repair 补发。',
    ],
  },
  'feedback.stuck': {
    severity: 'error',
    about: 'destination',
    says: [
      '{feedbacks} answers to notices are not taken, the first since {since}: {reason} after {attempts} tries (notice {notice}, {agency}).',
      '{feedbacks}条通知反馈未被接收，最早自{since}起，已尝试{attempts}次，最近原因：{reason}（通知{notice}，{agency}）。',
    ],
    todo: [
      'Where the reason ends in 401 or 403, have it allow this gateway POST /notices/{notice}/feedback, else have that call mended. They are tried on and not lost; this ends when they are taken.',
      '原因为 401 或 403 时请对方开通反馈接口权限，否则请排查该接口；系统持续重试，反馈不会丢失，送达后本提示自动消除。',
    ],
  },
  'endpoint.disabled': {
    severity: 'warning',
    about: 'agency',
    says: ['Its endpoint answered 410 and is not called any more.', '其接收地址返回 410，已停用。'],
    todo: ['Enter the new address in config/agencies.yaml.', '请在 config/agencies.yaml 中登记新地址。'],
  },
  'notice.unread': {
    severity: 'warning',
    about: 'agency',
    says: [
      '{notices} notices could not be delivered and wait unread in its mailbox.',
      '{notices}条通知投递失败，在信箱中未签收。',
    ],
    todo: ['Tell the agency, and have its endpoint mended.', '请通知该部门并修复其接收地址。'],
  },
  'audit.unwritable': {
    severity: 'error',
    about: 'gateway',
    says: ['The audit log cannot be written; intake answers 503.', '审计日志无法写入，接收已停止。'],
    todo: ['Check the disk and the rights of the database.', '请检查数据库磁盘空间和权限。'],
  },
  'disk.full': {
    severity: 'error',
    about: 'gateway',
    says: ['The disk of this machine is nearly full; uploads get 503.', '本机磁盘空间不足，上传返回 503。'],
    todo: ['Make room on the disk of DATA_DIR.', '请清理 DATA_DIR 所在磁盘。'],
  },
  'backlog.full': {
    severity: 'error',
    about: 'gateway',
    says: ['Too many batches wait; uploads get 503.', '待处理批次过多，上传返回 503。'],
    todo: ['Start more workers, or find out what holds them up.', '请增加 worker 或排查积压原因。'],
  },
  'calendar.missing': {
    severity: 'error',
    about: 'calendar',
    says: ['The working days of {subject} are not entered.', '缺少{subject}年节假日安排。'],
    todo: [
      "Enter the State Council's notice in config/calendars.",
      '请在 config/calendars 中录入国务院通知。',
    ],
  },
  'calendar.provisional': {
    severity: 'warning',
    about: 'calendar',
    says: ['The working days of {subject} are provisional.', '{subject}年节假日安排为暂定。'],
    todo: ["Enter the State Council's notice once it is published.", '国务院通知发布后请录入。'],
  },
} as const satisfies Record<string, ConditionKind>;

export type ConditionCode = keyof typeof CONDITIONS;

/** One case of something wrong. */
export interface FoundCondition {
  readonly code: ConditionCode;
  /** The id of what it is about. */
  readonly subject: string;
  /** Undefined where nobody wrote down when it began. */
  readonly since?: Date;
  /** Where it is other than usual. */
  readonly severity?: ConditionSeverity;
  readonly facts?: Readonly<Record<string, string | number>>;
}

export interface ConditionText {
  readonly message: string;
  readonly messageZh: string;
  readonly todo: string;
  readonly todoZh: string;
}

/** Gives the severity of a case. */
export function severityOf({ code, severity }: FoundCondition): ConditionSeverity {
  return severity ?? CONDITIONS[code].severity;
}

/** Tells a case, and what to do about it, in both languages. */
export function describeCondition(found: FoundCondition): ConditionText {
  const { says, todo } = CONDITIONS[found.code];
  const facts: Record<string, string | number> = {
    subject: found.subject,
    ...(found.since === undefined ? {} : { since: found.since.toISOString() }),
    ...found.facts,
  };
  const fill = (text: string): string =>
    text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(facts[name] ?? whole));
  return { message: fill(says[0]), messageZh: fill(says[1]), todo: fill(todo[0]), todoZh: fill(todo[1]) };
}
