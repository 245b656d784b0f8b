// The headers by which a service knows us: an API key, a user with a password, or a token. Secrets are read
// from their files anew for each pull.
import type { HttpPullSettings, PullAuthorization } from '../../core/configuration.js';
import { misconfigured } from './pull-fault.js';
import { basic, getToken, type TokenNeeds, type Tokens } from './token.js';

export interface AuthorizeNeeds extends Omit<TokenNeeds, 'timeoutMs'> {
  readonly readSecret: (file: string) => Promise<string>;
  readonly tokens: Tokens;
}

export interface Authorizer {
  /** Gives the headers; throws `pull.failed` or `pull.misconfigured`. */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** Forgets a token that was refused; false where there is none to be had anew. */
  renew(): boolean;
}

/** Makes the authorizer of one pull. */
export function createAuthorizer(
  { authorization, timeoutMs }: HttpPullSettings,
  needs: AuthorizeNeeds,
): Authorizer {
  let secret: Promise<string> | undefined;
  return {
    headers: async () => {
      if (authorization === undefined) return {};
      secret ??= readSecret(authorization.secretFile, needs);
      return headersOf(authorization, await secret, { ...needs, timeoutMs });
    },
    renew: () => authorization?.kind === 'oauth2' && needs.tokens.delete(needs.source),
  };
}

async function headersOf(
  authorization: PullAuthorization,
  secret: string,
  needs: AuthorizeNeeds & TokenNeeds,
): Promise<Readonly<Record<string, string>>> {
  switch (authorization.kind) {
    case 'api-key':
      return { [authorization.header]: secret };
    case 'basic':
      return { authorization: basic(authorization.user, secret) };
    case 'oauth2': {
      const held = needs.tokens.get(needs.source);
      if (held !== undefined && held.endsAtMs > needs.clock().getTime())
        return { authorization: held.header };
      const token = await getToken(authorization, secret, needs);
      needs.tokens.set(needs.source, token);
      return { authorization: token.header };
    }
  }
}

async function readSecret(file: string, { source, readSecret: read }: AuthorizeNeeds): Promise<string> {
  const secret = await read(file).catch(() => '');
  const plain = secret.trim();
  // Neither its name nor its content: what is wrong with it is to be seen on the machine.
  if (!/^[\x20-\x7e]+$/.test(plain))
    throw misconfigured(
      source,
      'has a secret file that cannot be read, is empty, or holds more than one line of ASCII',
      '的密钥文件无法读取、为空或不是一行 ASCII 文本',
    );
  return plain;
}
