import { z } from 'zod';
import { slugSchema } from '../consortium.js';
import { idSchema } from './id.js';
import { policyPublicSchema } from './policy.js';
import { settingValueSchema } from './setting.js';
import { timeSchema } from './time.js';

/**
 * What an organisation proposes. `standing`: whether an organisation may write new records. `policy`: the consortium's release
 * policy, or a policy of the proposer's own that asks for less than the one in force. `setting`: something else that all
 * agree on.
 */
export const changeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('standing'),
    organization: slugSchema,
    status: z.enum(['active', 'suspended']),
  }),
  z.strictObject({
    kind: z.literal('policy'),
    policy: idSchema('policy'),
    ...policyPublicSchema.omit({ proposal: true }).shape,
  }),
  z.strictObject({ kind: z.literal('setting'), value: settingValueSchema }),
]);
export type ProposedChange = z.infer<typeof changeSchema>;
export const changeKinds = ['standing', 'policy', 'setting'] as const satisfies readonly ProposedChange['kind'][];

/** A proposal is public as a whole: all organisations vote on it. */
export const proposalPublicSchema = z.strictObject({
  change: changeSchema,
  /** A vote that is recorded later is refused. */
  deadline: timeSchema,
});
export type ProposalPublic = z.infer<typeof proposalPublicSchema>;

/** The longest time from a proposal to its deadline, in days. */
export const longestProposal = 90;
