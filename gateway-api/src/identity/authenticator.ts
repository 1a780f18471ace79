import { ProofwardError, type CallerRole } from '@proofward/evidence';
import type { IncomingMessage } from 'node:http';
import type { ApiKeyFile } from './api-key-file.js';
import type { Scope } from './scopes.js';

/** Who asks: the result of authentication. */
export interface Caller {
  /** What a log line names the caller by; never a secret. */
  name: string;
  role: CallerRole;
  scopes: readonly Scope[];
  /** The label of the identity in the wallet. */
  identity: string;
  /** The records whose private part this request has been shown, or something of it, and that are not in the access log yet. */
  reads: Set<string>;
}

/** One way to prove who one is: undefined where the request does not use it. */
export type AuthenticationWay = (request: IncomingMessage) => Promise<Caller | undefined>;

/** `Authorization: Bearer pwk_...` */
export function apiKeyWay(keys: Pick<ApiKeyFile, 'current'>): AuthenticationWay {
  return async (request) => {
    const text = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const key = text === undefined ? undefined : (await keys.current()).find(text);
    return key && { name: key.id, role: key.role, scopes: key.scopes, identity: key.identity, reads: new Set() };
  };
}

/** Asks each way in turn. */
export class Authenticator {
  constructor(private readonly ways: readonly AuthenticationWay[]) {}

  /** @throws ProofwardError UNAUTHENTICATED */
  async authenticate(request: IncomingMessage): Promise<Caller> {
    for (const way of this.ways) {
      const caller = await way(request);
      if (caller !== undefined) return caller;
    }
    throw new ProofwardError('UNAUTHENTICATED', 'send an API key of this gateway as Authorization: Bearer');
  }
}

/** @throws ProofwardError SCOPE_MISSING */
export function requireScope(caller: Caller, scope: Scope): void {
  if (!caller.scopes.includes(scope)) throw new ProofwardError('SCOPE_MISSING', `the API key lacks the scope ${scope}`);
}
