// What a file system refuses us, as a failure that says what to put right. Its own message names a file, and
// the name of a file may hold a personal number: only its code is kept.
import { GatewayError, isGatewayError } from '../../core/errors.js';

const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  EACCES: ['the user of the gateway may not do it', '网关用户没有权限'],
  EPERM: ['the user of the gateway may not do it', '网关用户没有权限'],
  ENOENT: ['it is not there', '不存在'],
  ENOTDIR: ['something on its path is no folder', '路径中存在非文件夹'],
  EEXIST: ['something of this name is no folder', '同名的不是文件夹'],
  ENOSPC: ['the disk is full', '磁盘已满'],
  EDQUOT: ['the quota of the disk is used up', '磁盘配额已用完'],
  EROFS: ['the disk is read-only', '磁盘为只读'],
  ESTALE: ['the network drive has been lost', '网络盘连接已断开'],
  EIO: ['the disk does not answer', '磁盘读写故障'],
};
const OF_A_NETWORK = /^(ECONN|EPIPE|EHOST|ENET|EADDR|EAI_|ENOTFOUND)/;
const EVERY_FILE = ['ENOSPC', 'EDQUOT', 'EROFS'];

/** Names what could not be done in a folder, where a file system refused it; gives back any other failure. */
export function folderFault(error: unknown, what: string, whatZh: string): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  const [reason, reasonZh] = REASONS[code] ?? ['the file system refuses it', '文件系统拒绝'];
  return new GatewayError('folder.unusable', `${what} (${code}): ${reason}.`, {
    details: { code },
    detailZh: `${whatZh}（${code}）：${reasonZh}。`,
  });
}

/** Tells whether a failure would meet every other file just the same. */
export function meetsEveryFile(error: unknown): boolean {
  return EVERY_FILE.includes(systemCode(error) ?? '');
}

/** Tells whether a file system says that there is nothing of this name, or can be nothing of one so long. */
export function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENAMETOOLONG'].includes(systemCode(error) ?? '');
}

/** Gives the code of a failed call to a file system. */
function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || isGatewayError(error)) return undefined;
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  if (typeof code !== 'string' || typeof syscall !== 'string') return undefined;
  // A lost connection to the database fails in `read`, too.
  return OF_A_NETWORK.test(code) ? undefined : code;
}
