// Tells whether a process of this machine still lives. A pid alone is reused after a restart (in a container
// always); pid and start time together are not. A killed process that nobody has reaped is dead.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** `<pid>-<start>`: fit for a file name; `start` is what the system says, digits and letters. */
export type ProcessIdentity = string;

/** Gives the identity of a process, or undefined when it does not live. */
export function identify(pid: number): ProcessIdentity | undefined {
  const start = startOf(pid);
  return start === undefined ? undefined : `${pid}-${start}`;
}

/** Tells whether exactly this process lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  const pid = Number(identity.split('-')[0]);
  return Number.isSafeInteger(pid) && pid > 0 && identify(pid) === identity;
}

function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') return startOnLinux(pid);
  if (process.platform === 'win32') return exists(pid) ? 'alive' : undefined;
  return startFromPs(pid);
}

function startOnLinux(pid: number): string | undefined {
  try {
    // The name in brackets may hold anything; what follows it is fields 3 (state) to 22 (start) and more.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function startFromPs(pid: number): string | undefined {
  try {
    const answer = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return answer === '' || answer.startsWith('Z')
      ? undefined
      : answer.replace(/^\S+/, '').replace(/[^0-9A-Za-z]/g, '');
  } catch {
    return undefined;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
