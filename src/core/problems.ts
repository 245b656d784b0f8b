// What can be wrong with a row: one table of codes with severity, message in Chinese and English and
// a suggestion. `{name}` is replaced by a detail of the problem; details never hold a personal number.
import type { Severity } from './words.js';

interface ProblemKind {
  readonly severity: Severity;
  readonly message: string;
  readonly messageZh: string;
  readonly suggestion: string;
}

type Words = [message: string, messageZh: string, suggestion: string];

const kind =
  (severity: Severity) =>
  (...[message, messageZh, suggestion]: Words): ProblemKind => ({ severity, message, messageZh, suggestion });
const error = kind('error');
const warning = kind('warning');

export const PROBLEMS = {
  'value.required': error('{column} is empty', '{column}不能为空', '请填写{column} · Fill in {column}.'),
  'value.group-required': error(
    'At least one of {columns} must be filled in',
    '{columns}至少填写一项',
    '请填写其中一项 · Fill in one of them.',
  ),
  'value.too-long': error(
    '{column} has {length} characters; at most {limit} are allowed',
    '{column}长度为{length}，不得超过{limit}个字符',
    '请缩短内容 · Shorten the value.',
  ),
  'value.not-in-list': error(
    '“{value}” is not an official value of {column}',
    '{column}的值“{value}”不在规定范围内',
    '可用值：{allowed} · Use one of the listed values.',
  ),
  'value.control-characters': error(
    '{column} holds control characters',
    '{column}含有非法字符',
    '请删除不可见字符 · Remove the invisible characters.',
  ),
  'value.stored-as-number': error(
    '{column} is stored as a number, so that digits may have been lost',
    '{column}以数字格式存储，位数可能已丢失',
    '请将该列设为文本格式后重新填写 · Format the column as text and enter the value again.',
  ),
  'value.nested': error(
    '{column} holds a structure, not a value',
    '{column}不是单个值',
    '请填写单个值 · Give one value.',
  ),
  'code.unified-social-credit': error(
    '{column} is not a valid unified social credit code (GB 32100-2015)',
    '{column}不是有效的统一社会信用代码',
    '请核对18位代码及校验位 · Check the 18 characters and the check character.',
  ),
  'code.placeholder-not-allowed': error(
    'The placeholder code is allowed only for sole traders with a business registration number',
    '占位代码仅限未取得统一社会信用代码且填写工商注册号的个体工商户使用',
    '请填写真实代码 · Give the real code.',
  ),
  'code.organisation': error(
    '{column} is not a valid organisation code (GB 11714-1997)',
    '{column}不是有效的组织机构代码',
    '请核对9位代码及校验位 · Check the 9 characters and the check character.',
  ),
  'code.registration-number': error(
    '{column} is not a valid business registration number',
    '{column}不是有效的工商注册号',
    '请核对15位注册号及校验位 · Check the 15 digits and the check digit.',
  ),
  'code.format': error('{column} has the wrong format', '{column}格式错误', '请核对格式 · Check the format.'),
  'person.id-number': error(
    '{column} is not a valid citizen ID number (GB 11643-1999)',
    '{column}不是有效的公民身份号码',
    '请核对18位号码及校验位 · Check the 18 characters and the check character.',
  ),
  'person.id-birth-date': error(
    'The birth date in {column} does not exist or lies in the future',
    '{column}中的出生日期无效',
    '请核对号码第7至14位 · Check characters 7 to 14.',
  ),
  'person.document-number': error(
    '{column} does not fit the kind of identity document',
    '{column}与证件类型不符',
    '请核对证件类型和号码 · Check the kind and the number of the document.',
  ),
  'date.invalid': error(
    '“{value}” in {column} is not a date',
    '{column}的值“{value}”不是有效日期',
    '请使用 2020/01/31 格式 · Write dates as 2020/01/31.',
  ),
  'date.ambiguous': error(
    '“{value}” in {column} does not tell day from month',
    '{column}的值“{value}”无法区分日和月',
    '请使用 2020/01/31 格式 · Write dates as 2020/01/31.',
  ),
  'date.in-future': error(
    '{column} lies after the day of delivery',
    '{column}不能晚于报送日期',
    '请核对日期 · Check the date.',
  ),
  'date.before': error(
    '{column} lies before {other}',
    '{column}不能早于{other}',
    '请核对两个日期 · Check both dates.',
  ),
  'date.after': error(
    '{column} lies after {other}',
    '{column}不能晚于{other}',
    '请核对两个日期 · Check both dates.',
  ),
  'amount.more-than': error(
    '{column} is more than {other}',
    '{column}不能大于{other}',
    '请核对两个金额 · Check both amounts.',
  ),
  'value.must-be-empty': error(
    '{column} must be empty beside the other values of the row',
    '根据该行其他列的值，{column}应为空',
    '请清空{column}或核对其他列 · Empty {column}, or check the other columns.',
  ),
  'list.not-named': error(
    '“{value}” is not a list that a law or a central document names',
    '名单“{value}”没有法律、法规或中央文件依据',
    '可用名单：{allowed} · Use one of the listed names.',
  ),
  'list.not-entitled': error(
    'This agency is not entitled to the list “{value}”',
    '报送部门无权认定名单“{value}”',
    '请由有权机关报送 · The entitled authority delivers it.',
  ),
  'list.unknown-entry': warning(
    'No entry is known that this removal could remove',
    '未找到本移出决定所对应的列入记录',
    '请核对列入决定文书号、名单名称和主体代码；列入记录报送后将随即终止 · Check the number of the entry, the list and the code; the entry will end as soon as it is delivered.',
  ),
  'list.removed-before': warning(
    'The removal of this entry was delivered before: the entry ends at once',
    '本列入记录的移出决定已先行报送，该记录随即终止',
    '如移出决定有误，请先更正移出记录 · Where the removal is wrong, correct it first.',
  ),
  'subject.kind-not-allowed': error(
    'The catalogue does not allow records of this type about {kind}',
    '目录不允许归集{kind}的此类信息',
    '请删除该行 · Remove the row.',
  ),
  'amount.invalid': error(
    '“{value}” in {column} is not an amount with at most {decimals} decimals',
    '{column}的值“{value}”不是有效金额（最多{decimals}位小数）',
    '请填写数字，单位以表头为准 · Write a plain number in the unit of the heading.',
  ),
  'document.number-missing': error(
    '{column} holds no document number',
    '{column}没有填写文号',
    '没有文号时请填写许可编号 · Where the document has no number, give the licence number.',
  ),
  'row.extra-cells': error(
    'The row has {found} cells, the heading row has {expected}',
    '该行有{found}列，表头只有{expected}列',
    '请检查分隔符和引号 · Check separators and quotes.',
  ),
  'row.example': error(
    'This is the example row of the template',
    '该行是模板中的示例行',
    '请删除示例行 · Delete the example row.',
  ),
  'row.quotes': error('The quotes of the row are broken', '该行引号不配对', '请检查引号 · Check the quotes.'),
  'operation.unknown': error(
    '“{value}” is not a known operation',
    '操作“{value}”无法识别',
    '可用：撤销、删除、delete，或留空 · Leave empty, or use one of these.',
  ),
  'withdrawal.unknown-record': error(
    'There is no such record to withdraw',
    '没有可撤销的记录',
    '请核对文号和名称 · Check document number and name.',
  ),
  // A warning where the content is equal: then the row is `unchanged`.
  'record.other-agency': error(
    'Another agency delivered this record first',
    '该记录已由其他部门先行报送',
    '请与原报送部门核实 · Clear it with the agency that delivered it.',
  ),
  'file.broken-off': error(
    'The file cannot be read from this row on',
    '文件自该行起无法读取',
    '请修复文件后重新上传；已入库的行不受影响 · Repair the file and upload it again; rows before are kept.',
  ),
  'city.rejected': error(
    'The city platform refused this record',
    '市级平台拒收该记录',
    '请按市级平台的说明更正后重新报送 · Correct it as the city says and deliver it again.',
  ),
  'record.subject-changed': warning(
    'The same document and name came with another code before',
    '相同文号和名称此前使用了其他代码',
    '请核对代码 · Check the code.',
  ),
  'record.possible-duplicate': warning(
    'The same document and code came under another name before',
    '相同文号和代码此前使用了其他名称',
    '如为更名或错字请撤销旧记录 · Withdraw the older record if the name was wrong.',
  ),
  'record.ended': warning(
    'This record has been withdrawn or has ended; it is not brought back',
    '该记录已撤销或终止，不会恢复',
    '如需恢复请申请恢复 · Ask for reinstatement with a reason.',
  ),
  'record.other-source-unit': warning(
    '{column} names another unit than the delivering agency',
    '{column}与报送部门不一致',
    '请核对数据来源单位 · Check the data source unit.',
  ),
  'record.late': warning(
    'The record came late: decided on {from}, it was due within {workingDays} working days, by {deadline}',
    '报送超期：{column}为{from}，应在{workingDays}个工作日内（{deadline}前，含当日）报送',
    '请在作出决定后及时报送 · Deliver decisions as they are made.',
  ),
  'row.conflicts-in-batch': warning(
    'An earlier row of this batch gives other content for the same record',
    '本批次前面的行对同一记录给出了不同内容',
    '请保留一行 · Keep one of the rows.',
  ),
  'code.organisation-part': warning(
    'Characters 9 to 17 of {column} are not a valid organisation code',
    '{column}第9至17位不是有效的组织机构代码',
    '请核对代码 · Check the code.',
  ),
  'subject.kind-and-code': warning(
    'The kind of subject and the first characters of the code do not fit',
    '行政相对人类别与代码前两位不符',
    '请核对类别和代码 · Check kind and code.',
  ),
  'penalty.fine-without-amount': warning(
    'The kinds of penalty include a fine, but no amount is given',
    '处罚类别含罚款但未填写罚款金额',
    '请填写罚款金额 · Give the amount of the fine.',
  ),
  'licence.kind-not-annotated': warning(
    'The kind “其他” should be annotated',
    '许可类别为“其他”时应注明具体类别',
    '例如：其他-补发 · For example 其他-补发.',
  ),
  'value.expected': warning(
    '{column} should be filled in beside the other values of the row',
    '根据该行其他列的值，{column}宜填写',
    '请补充{column} · Fill in {column}.',
  ),
  'value.not-in-force': warning(
    '{column} holds values that were not in force on the day of the decision: {values}',
    '{column}含有决定日期时尚未或不再适用的值：{values}',
    '请核对决定日期和类别 · Check date and kinds.',
  ),
  'amount.differs-from-text': warning(
    '{column} is not the amount that the text names',
    '{column}与正文中的金额不一致',
    '请核对金额及单位 · Check amount and unit.',
  ),
  'value.no-counterpart': error(
    '“{value}” of an older list has no counterpart among the values of {column} in force',
    '{column}的值“{value}”属于旧分类，在现行分类中没有对应项',
    '请由认定机关按现行标准确定：{allowed} · Let the deciding authority name one of these.',
  ),
  'period.beyond-maximum': warning(
    '{column} lies beyond the longest period of this class; the record ends on {latest}',
    '{column}超过该失信严重程度的最长期限，该记录至{latest}止',
    '请核对截止日期 · Check the end.',
  ),
  'period.below-minimum': warning(
    '{column} lies before the end of the shortest period of this class, {earliest}',
    '{column}早于该失信严重程度最短期限届满日{earliest}',
    '请核对截止日期 · Check the end.',
  ),
  'period.over': warning(
    'The period of this record was over on {end}; it ends with the next day',
    '该记录的期限已于{end}届满，将于次日停止公示和共享',
    '无需处理；日期有误时请更正 · Nothing is to be done, unless a date is wrong.',
  ),
  'text.personal-number': warning(
    '{column} contains an ID number; it is masked wherever the record is shown',
    '{column}含有身份号码，展示时已隐去',
    '请勿在正文中填写身份号码 · Keep ID numbers out of texts.',
  ),
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof PROBLEMS;

/** What is wrong with a row; `row` as design says: what Excel shows, from 1. */
export interface Problem {
  readonly row: number;
  readonly code: ProblemCode;
  readonly column: string | null;
  readonly severity: Severity;
  readonly details?: Readonly<Record<string, string | number>>;
}
