import { z } from 'zod';
import { digestSchema, textSchema } from './fields.js';
import { idSchema } from './id.js';
import { formatTime, timeSchema } from './time.js';

/**
 * How grave an incident is, with the days in which it must be reported, counted from when its writer became aware of it.
 * Regulation (EU) 2024/1689, Article 73: a serious incident within 15 days (2), the death of a person within 10 days (4), a
 * widespread infringement or a disrupted critical infrastructure within 2 days (3). A minor one is not reported by law.
 */
export const reportWithinDays = { minor: undefined, serious: 15, death: 10, widespread: 2 } as const;
export type Severity = keyof typeof reportWithinDays;
export const severities = Object.keys(reportWithinDays) as [Severity, ...Severity[]];

/**
 * When the report is due: so many times 24 hours after `awareAt`. The law counts whole days from the next one on, so this is
 * never later than what it asks for.
 */
export function reportDueOf(severity: Severity, awareAt: string): string | undefined {
  const days = reportWithinDays[severity];
  return days === undefined ? undefined : formatTime(Date.parse(awareAt) + days * 24 * 3600 * 1000);
}

/** What everybody on the channel sees of an incident. What became of it is its status. */
export const incidentPublicSchema = z.strictObject({
  /** What it happened to. An auditor or regulator writes into the collections of the first one's provider. */
  subjects: z
    .array(idSchema('model', 'dataset', 'deployment'))
    .min(1)
    .max(64)
    .superRefine((ids, context) => {
      if (new Set(ids).size !== ids.length) context.addIssue({ code: 'custom', message: 'a subject is listed twice' });
    }),
  severity: z.enum(severities),
  /** Its author keeps it to itself: everybody sees that there is one, on what and how grave, and nobody else what happened. */
  confidential: z.literal(true).optional(),
});

/**
 * The private part: in `operations-S` where a site writes it, in `audits-P` where an auditor or regulator does, and of a
 * confidential one in its author's implicit collection. Each member of the object is one salted field of the commitment.
 */
export const incidentPrivateSchema = z.strictObject({
  /** When the writer became aware of it: the law's clock starts here. */
  awareAt: timeSchema,
  /** The end of that clock, by severity; not there where nothing is due. */
  reportDue: timeSchema.optional(),
  description: textSchema,
  timeline: z
    .array(z.strictObject({ at: timeSchema, what: textSchema }))
    .max(256)
    .optional(),
  /** How many people are affected, and how, in words. */
  affected: textSchema.optional(),
  authority: textSchema.optional(),
  immediateMeasures: textSchema.optional(),
  evidenceDigest: digestSchema.optional(),
});
export type IncidentPrivate = z.infer<typeof incidentPrivateSchema>;
