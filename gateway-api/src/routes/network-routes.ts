import { digestSchema, parseWith } from '@proofward/evidence';
import { validationName } from '../ledger/validation.js';
import { type Route, route } from './route.js';
import type { Services } from './services.js';

const patience = 2_000;

/** What became of a transaction, and who the caller is to this gateway. */
export function networkRoutes({ config, follower, identities, ledger, records }: Services): Route[] {
  const projected = async (transactionId: string) =>
    follower.state === 'forked' ? undefined : records.transaction(transactionId).catch(() => undefined);

  const common = { method: 'get', query: {}, fromReadModel: false, scope: 'records:read' } as const;
  return [
    route({
      ...common,
      path: '/v1/transactions/:id',
      operationId: 'getTransaction',
      summary: 'The outcome of a transaction; `unknown` where no block has it yet.',
      answer: 'Transaction',
      errors: ['FORBIDDEN'],
      answerTo: async ({ caller, path }) => {
        const transactionId = parseWith(digestSchema, path.id, '/id');
        // The read model is quicker; without it the peer knows too.
        const known =
          (await projected(transactionId)) ??
          (await ledger.askOutcome(identities.get(caller.identity), transactionId, patience));
        if (known === undefined) return { status: 200, body: { transactionId, status: 'unknown' } };
        const { block, code } = known;
        const status = code === 0 ? 'valid' : 'invalid';
        return { status: 200, body: { transactionId, status, validation: validationName(code), block } };
      },
    }),
    route({
      ...common,
      path: '/v1/whoami',
      operationId: 'whoAmI',
      summary: 'Whom the caller acts as.',
      answer: 'WhoAmI',
      errors: ['FORBIDDEN'],
      answerTo: ({ caller }) => {
        const { slug, mspId, role, channel } = config;
        const { label, expiresAt } = identities.get(caller.identity);
        return Promise.resolve({
          status: 200,
          body: {
            organization: slug,
            mspId,
            organizationRole: role,
            role: caller.role,
            scopes: [...caller.scopes],
            key: caller.name,
            identity: { label, expiresAt: new Date(expiresAt).toISOString() },
            channel,
            target: follower.target,
          },
        });
      },
    }),
  ];
}
