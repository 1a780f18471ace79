import { privateReaders, writers, type CallerRole } from '@proofward/evidence';

/** What an API key is for. The ledger authorises by certificate; a scope can only narrow that. */
export const scopes = ['records:read', 'private:read', 'records:write'] as const;
export type Scope = (typeof scopes)[number];

/** The scopes of a new key: all that the role could use. */
export function defaultScopes(role: CallerRole): Scope[] {
  const writes = Object.values(writers).some(({ callers }) => callers.includes(role));
  return [
    'records:read',
    ...(privateReaders.includes(role) ? (['private:read'] as const) : []),
    ...(writes ? (['records:write'] as const) : []),
  ];
}
