import { z } from 'zod';
import { type Consortium, type Organization, slugSchema } from '../consortium.js';
import { codeSchema, eachOnce, textSchema } from './fields.js';
import { idSchema, recordTypes } from './id.js';
import { fieldNameSchema, presentationSchema } from './presentation.js';
import { timeSchema } from './time.js';

/** How a request reaches who is asked. */
export const servings = ['ledger', 'otherwise'] as const;

/** The longest time from a request to its deadline, in days. */
export const longestRequest = 366;

/**
 * What everybody on the channel sees of a disclosure request: who is asked by whom, and until when. Not which record, nor on
 * what grounds: that an authority looks into something is not for the competitors of whom it looks at.
 */
export const disclosureRequestPublicSchema = z.strictObject({
  /** The organisation that is asked: the slug of its file. */
  addressee: slugSchema,
  /** Silence after that is on record. */
  deadline: timeSchema,
  /**
   * `ledger`: the addressee has endorsed it and holds it in its own implicit collection. `otherwise`: its peer did not, and the
   * request was served outside, such as by letter; so nobody escapes a request by not endorsing it.
   */
  served: z.enum(servings),
});

/** The private part, in the implicit collections of requester and addressee; of the requester alone, if served otherwise. */
export const disclosureRequestPrivateSchema = z.strictObject({
  /** The record of which fields are asked for; of the addressee's own writing. */
  record: idSchema(...recordTypes),
  fields: z
    .array(fieldNameSchema)
    .min(1)
    .max(64)
    .refine((names) => new Set(names).size === names.length, 'a field is listed twice'),
  /** The provision that obliges to answer, such as "Regulation (EU) 2024/1689, Article 74(12)". */
  legalBasis: textSchema,
  purpose: textSchema.optional(),
});
export type DisclosureRequestPrivate = z.infer<typeof disclosureRequestPrivateSchema>;

/** What everybody sees of a disclosure: that its author has shown something to the recipient. */
export const disclosurePublicSchema = z.strictObject({ recipient: slugSchema });

/**
 * The private part, in the implicit collections of owner and recipient. Each member of the object is one salted field of the
 * commitment, under which it lies: 32 bytes that nobody guesses.
 */
export const disclosurePrivateSchema = z.strictObject({
  /** The request that it answers. */
  request: idSchema('disclosure-request').optional(),
  record: idSchema(...recordTypes),
  /** The fields that are shown, with their salts and paths to the record's public commitment. */
  presentation: presentationSchema.optional(),
  /** The fields that were asked for and are not shown, each with why. */
  refused: z
    .array(z.strictObject({ field: fieldNameSchema, reasonCode: codeSchema, reason: textSchema.optional() }))
    .min(1)
    .max(64)
    .superRefine(eachOnce('field', ({ field }) => field))
    .optional(),
});
export type DisclosurePrivate = z.infer<typeof disclosurePrivateSchema>;

/** The organisation that also holds a request or disclosure: its slug, or nothing where a request was not served here. */
export function counterpartOf(fields: object): string | undefined {
  const { recipient, addressee, served } = fields as { recipient?: unknown; addressee?: unknown; served?: unknown };
  if (typeof recipient === 'string') return recipient;
  return served === 'ledger' && typeof addressee === 'string' ? addressee : undefined;
}

/** The states of a request in which it waits for an answer. */
export const unanswered: readonly string[] = ['open', 'overdue'];

/** A request's state as readers are told: one that is open after its deadline is overdue, recorded or not. */
export function requestStatusAt({ status, deadline }: { status: string; deadline: string }, moment: string): string {
  return status === 'open' && deadline <= moment ? 'overdue' : status;
}

/**
 * The MSP ids of the other active organisations in the order in which they are preferred as endorsers: auditors first, then
 * providers, regulators last.
 */
export function othersOf({ organizations }: Consortium, author: string): string[] {
  const preference = ['auditor', 'provider', 'regulator'];
  const rank = ({ role }: Organization) => preference.indexOf(role);
  return organizations
    .filter(({ mspId, status }) => status === 'active' && mspId !== author)
    .toSorted((a, b) => rank(a) - rank(b))
    .map(({ mspId }) => mspId);
}
