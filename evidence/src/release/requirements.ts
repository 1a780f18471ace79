import { z } from 'zod';
import { directionOf } from '../fairness/metrics.js';
import { attestationKinds } from '../records/attestation.js';
import { criterionKey, criterionSchema, groupSizeSchema } from '../records/criteria.js';
import { codeSchema, eachOnce } from '../records/fields.js';
import { parentSchema } from '../records/model.js';
import { signOffRoles } from '../records/sign-off.js';

/** A period in whole days, as ISO 8601 has it: `P365D`. */
export const daysSchema = z.string().regex(/^P[1-9]\d{0,3}D$/, 'not a number of days of the form P<n>D');

/** @returns the days of a text that {@link daysSchema} takes */
export function daysOf(text: string): number {
  return Number(text.slice(1, -1));
}

/** On which side of its threshold a metric passes is told by its name; of a metric that is not ours, the policy says it. */
const policyCriterionSchema = criterionSchema
  .extend({ direction: z.enum(['at-least', 'at-most']).optional() })
  .superRefine(({ metric, direction }, context) => {
    const known = directionOf(metric);
    if (known === undefined && direction === undefined)
      context.addIssue({ code: 'custom', path: ['direction'], message: 'of this metric the direction must be given' });
    if (known !== undefined && direction !== undefined && known !== direction)
      context.addIssue({ code: 'custom', path: ['direction'], message: `this metric passes ${known} its threshold` });
  });
export type PolicyCriterion = z.infer<typeof policyCriterionSchema>;

const common = {
  name: codeSchema,
  /** Whether a waiver of the site may stand in for it. */
  waivable: z.boolean().optional(),
};

const attestationRequirementSchema = z.strictObject({
  ...common,
  requires: z.literal('attestation'),
  kind: z.enum(attestationKinds),
  /** What the figures must reach; without it the auditor's verdict decides. */
  criteria: z.array(policyCriterionSchema).min(1).max(64).superRefine(eachOnce('metric', criterionKey)).optional(),
  /** Counts as the group size below which a metric is inconclusive where the attestation's own is lower. */
  minimumGroupSize: groupSizeSchema.optional(),
  /** Counted from when the audit happened (`effectiveAt`). */
  maximalAge: daysSchema.optional(),
  /** How many different organisations must attest it; 1 where absent. */
  attesters: z.int().min(1).max(16).optional(),
  /** `refuse` where absent: inconclusive is never a pass unless the policy says so. */
  inconclusive: z.enum(['refuse', 'accept']).optional(),
});
export type AttestationRequirement = z.infer<typeof attestationRequirementSchema>;

const signOffRequirementSchema = z.strictObject({
  ...common,
  requires: z.literal('sign-off'),
  role: z.enum(signOffRoles),
  /**
   * The bounds inside which a new version needs no new sign-off (a predetermined change control plan): the sign-off of a
   * parent of the same line counts, if the version comes from it in one of these ways. What the new version must reach is
   * what the policy asks of its own audits.
   */
  within: z
    .strictObject({
      relations: z
        .array(parentSchema.shape.relation)
        .min(1)
        .max(8)
        .superRefine(eachOnce('relation', (relation) => relation)),
    })
    .optional(),
});
export type SignOffRequirement = z.infer<typeof signOffRequirementSchema>;

/** What must be there before a model version may be released. */
export const requirementSchema = z.discriminatedUnion('requires', [
  attestationRequirementSchema,
  signOffRequirementSchema,
]);
export type Requirement = z.infer<typeof requirementSchema>;

/** Each name once: results and waivers go by it. */
export const requirementsSchema = z
  .array(requirementSchema)
  .min(1)
  .max(64)
  .superRefine(eachOnce('name', ({ name }) => name))
  .superRefine((requirements, context) => {
    const isMeasured = requirements.some((other) => other.requires === 'attestation' && other.criteria !== undefined);
    requirements.forEach((requirement, index) => {
      if (requirement.requires !== 'sign-off' || requirement.within === undefined || isMeasured) return;
      const message = 'bounds without a criterion are none';
      context.addIssue({ code: 'custom', path: [index, 'within'], message });
    });
  });
