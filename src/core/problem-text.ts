// The sentences of a problem, in both languages, with its column and details filled in.
import { PROBLEMS, type Problem } from './problems.js';

export interface ProblemText {
  readonly message: string;
  readonly messageZh: string;
  readonly suggestion: string;
}

/** Writes the sentences of a problem; `{column}` is its column, all other names come from its details. */
export function describeProblem(problem: Pick<Problem, 'code' | 'column' | 'details'>): ProblemText {
  const { message, messageZh, suggestion } = PROBLEMS[problem.code];
  const fill = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (_, name: string) =>
      String(name === 'column' ? (problem.column ?? '') : (problem.details?.[name] ?? '')),
    );
  return { message: fill(message), messageZh: fill(messageZh), suggestion: fill(suggestion) };
}
