import { z } from 'zod';
import { bytesToHex, sha256 } from '../bytes.js';
import { canonicalBytes } from '../canonical.js';
import { majorityOf } from '../policy/expression.js';
import { idSchema } from './id.js';

export const choices = ['yes', 'no'] as const;
export type Choice = (typeof choices)[number];

/** An organisation's word on a proposal. It has one, and does not take it back. */
export const votePublicSchema = z.strictObject({ proposal: idSchema('proposal'), choice: z.enum(choices) });

/**
 * The name in the id of every organisation's vote on a proposal, whose version is 1: the first 32 hex digits of SHA-256 of
 * canonical `["proofward/vote/v1", proposal]`. So an organisation has one vote, and who counts finds them all.
 */
export function voteName(proposal: string): string {
  return bytesToHex(sha256(canonicalBytes(['proofward/vote/v1', proposal]))).slice(0, 32);
}

/**
 * What votes come to. Those that do not vote count as if they were against: a majority is of all organisations, as in the
 * policy of the keys that it changes.
 *
 * @param organizations how many there are
 * @returns undefined while it is open
 */
export function outcomeOf(votes: readonly Choice[], organizations: number): 'carried' | 'rejected' | undefined {
  const needed = majorityOf(organizations);
  if (votes.filter((choice) => choice === 'yes').length >= needed) return 'carried';
  return organizations - votes.filter((choice) => choice === 'no').length < needed ? 'rejected' : undefined;
}
