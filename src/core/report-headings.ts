// What our own workbooks add to an agency's: columns to the right of its own (result, codes, what is wrong, what
// to do), and sheets behind its rows. A workbook that comes back has them still; they are passed over.

export const REPORT_HEADINGS = ['处理结果', '问题代码', '问题说明', '修改建议'] as const;

export const SUMMARY_SHEET = '汇总';
export const CODE_SHEET = '代码表';
export const RULES_SHEET = '填写说明';
/** The sheets of a correction workbook and of a template that hold no rows. */
export const REPORT_SHEETS = [SUMMARY_SHEET, CODE_SHEET, RULES_SHEET] as const;
