import { z } from 'zod';
import { bytesToHex, sha256 } from '../bytes.js';
import { canonicalBytes } from '../canonical.js';
import { type Consortium, mspIdSchema, organizationByMspId } from '../consortium.js';
import { digestSchema, textSchema } from './fields.js';
import { idSchema } from './id.js';
import type { stateTable } from './states.js';
import { timeSchema } from './time.js';

/** What everybody on the channel sees of a dispute: that this attestation is disputed, and until when that is decided. */
export const disputePublicSchema = z.strictObject({
  record: idSchema('attestation'),
  /** What the attestation is about. */
  subject: idSchema('model', 'dataset'),
  /** A dispute that is not decided by then has no effect any more. */
  deadline: timeSchema,
});

export const disputeOutcomes = ['upheld', 'dismissed'] as const;
export type DisputeOutcome = (typeof disputeOutcomes)[number];

export function isDisputeOutcome(state: string): state is DisputeOutcome {
  return (disputeOutcomes as readonly string[]).includes(state);
}

/** What a dispute in each of its states does to the attestation; where that is `open`, until the dispute's deadline. */
export const disputeEffects = {
  open: 'open',
  answered: 'open',
  withdrawn: undefined,
  upheld: 'upheld',
  dismissed: undefined,
} as const satisfies Record<keyof (typeof stateTable)['dispute'], DisputeEffect | undefined>;
export type DisputeEffect = 'open' | 'upheld';

/**
 * What a dispute does to the attestation that it is about: `upheld`, and it counts no more; `open`, and it counts again if
 * that is not decided by the deadline; or nothing.
 *
 * @param now a time as records have it
 */
export function effectOfDispute(
  { status, deadline }: { status: string; deadline: string },
  now: string,
): DisputeEffect | undefined {
  const effect = (disputeEffects as Readonly<Record<string, DisputeEffect | undefined>>)[status];
  return effect === 'open' && deadline <= now ? undefined : effect;
}

/** What one organisation of the panel says. */
export const rulingSchema = z.strictObject({ organization: mspIdSchema, outcome: z.enum(disputeOutcomes) });

/**
 * The private part. It lies in `audits-P`, or in `operations-P` where P itself opens the dispute, or, where a non-member does,
 * in its implicit collection. Each member of the object is one salted field of the commitment.
 */
export const disputePrivateSchema = z.strictObject({
  reason: textSchema,
  /** SHA-256 of the evidence that the opener has. */
  evidenceDigest: digestSchema,
  remedy: textSchema.optional(),
});
export type DisputePrivate = z.infer<typeof disputePrivateSchema>;

/** How many organisations of the panel have to say the same. */
export const rulingsNeeded = 2;

/** The longest time from the opening of a dispute to its deadline, in days. */
export const longestDispute = 90;

/** The organisations that a dispute is between, by their MSP ids: who attested, who is audited, who disputes. */
export interface DisputeParties {
  author: string;
  provider: string;
  opener: string;
}

/** The MSP ids of the organisations that are no party to a dispute, whatever their standing. */
export function outsidersOf({ organizations }: Consortium, { author, provider, opener }: DisputeParties): string[] {
  const parties = [author, provider, opener];
  return organizations.map(({ mspId }) => mspId).filter((mspId) => !parties.includes(mspId));
}

/**
 * The MSP ids of the organisations that decide a dispute: all active ones that are no party to it.
 *
 * @param consortium with the organisations' standing of now, by their role records
 */
export function panelOf(consortium: Consortium, parties: DisputeParties): string[] {
  return outsidersOf(consortium, parties).filter(
    (mspId) => organizationByMspId(consortium, mspId)?.status === 'active',
  );
}

/**
 * The name in the id of every organisation's dispute of an attestation, whose version is 1: the first 32 hex digits of
 * SHA-256 of canonical `["proofward/dispute/v1", attestation]`. So who relies on an attestation finds its disputes without a
 * list that somebody could leave one out of.
 */
export function disputeName(attestation: string): string {
  return bytesToHex(sha256(canonicalBytes(['proofward/dispute/v1', attestation]))).slice(0, 32);
}

/** A ruling's key in the implicit collection of who rules: SHA-256 of canonical `["proofward/ruling-key/v1", dispute]`, in hex. */
export function rulingKey(dispute: string): string {
  return bytesToHex(sha256(canonicalBytes(['proofward/ruling-key/v1', dispute])));
}

/** A ruling's value: canonical `["proofward/ruling/v1", channel, dispute, outcome]`. It is public, so it has no salt. */
export function rulingBytes(channel: string, dispute: string, outcome: DisputeOutcome): Uint8Array {
  return canonicalBytes(['proofward/ruling/v1', channel, dispute, outcome]);
}
