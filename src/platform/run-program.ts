// Runs a program to its end and gives back what it said; a program that fails is an answer, not an error.
import { spawn } from 'node:child_process';
import { childEnvironment } from './environment.js';

/** A user of the operating system, by number. */
export interface ProgramUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface ProgramOptions {
  /** A folder that the user may enter. */
  readonly cwd: string;
  /** Whose rights the program runs with; ours where it is undefined. */
  readonly user?: ProgramUser | undefined;
  /** Text for its standard input. */
  readonly input?: string;
}

export interface ProgramResult {
  /** The exit code; undefined when the program could not be started or was ended by a signal. */
  readonly code: number | undefined;
  /** Standard output and standard error as they came. */
  readonly output: string;
}

/** Runs `file` with `args`, without a shell and without our environment, and resolves when it has ended. */
export function runProgram(
  file: string,
  args: readonly string[],
  { cwd, user, input }: ProgramOptions,
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd,
      env: childEnvironment(),
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    });
    const output: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => output.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => output.push(bytes));
    // A program that ends without reading its input closes the pipe; its exit code tells the rest.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    child.on('error', (error) => resolve({ code: undefined, output: error.message }));
    child.on('close', (code) =>
      resolve({ code: code ?? undefined, output: Buffer.concat(output).toString().trim() }),
    );
  });
}
