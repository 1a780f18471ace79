import { z } from 'zod';
import { consortiumSlug } from '../consortium.js';
import { eachOnce } from './fields.js';
import { idSchema, type RecordId } from './id.js';
import { privateTypes } from './private.js';
import { signOffRoles } from './sign-off.js';

const onceEach = <T extends string>(values: readonly [T, ...T[]]) =>
  z
    .array(z.enum(values))
    .min(1)
    .refine((given) => new Set(given).size === given.length, 'listed twice');

/** Which roles in a certificate sign off in which function. A function that is not named is signed by who has its role. */
const reviewersSchema = z.strictObject({
  of: z.literal('reviewers'),
  reviewers: z
    .array(z.strictObject({ role: z.enum(signOffRoles), certificates: onceEach(signOffRoles) }))
    .min(1)
    .superRefine(eachOnce('role', ({ role }) => role)),
});

/**
 * The earliest schema version in which new records of a type are taken. A type that is not named is taken in every version
 * that the chaincode knows. Only types with a private part are named: it is what says of which version a request is.
 */
const schemasSchema = z.strictObject({
  of: z.literal('schemas'),
  schemas: z
    .array(z.strictObject({ type: z.enum(privateTypes), minimum: z.int().min(1).max(1_000_000) }))
    .min(1)
    .superRefine(eachOnce('type', ({ type }) => type)),
});

export const settingValueSchema = z.discriminatedUnion('of', [reviewersSchema, schemasSchema]);
export type SettingValue = z.infer<typeof settingValueSchema>;
export type SettingKind = SettingValue['of'];
export const settingKinds = ['reviewers', 'schemas'] as const satisfies readonly SettingKind[];
export type SettingOf<K extends SettingKind> = Extract<SettingValue, { of: K }>;

/** What all agreed on, as the proposal says that was carried last. It replaces what was agreed on before as a whole. */
export const settingPublicSchema = z.strictObject({ value: settingValueSchema, proposal: idSchema('proposal') });
export type SettingPublic = z.infer<typeof settingPublicSchema>;

/** There is one setting of each kind. */
export function settingId(kind: SettingKind): RecordId & { type: 'setting' } {
  return { type: 'setting', org: consortiumSlug, name: kind, version: '1' };
}

/**
 * Whether who has a role in his certificate signs off in a function.
 *
 * @param agreed undefined where nothing was agreed on
 */
export function maySignAs(agreed: SettingOf<'reviewers'> | undefined, role: string, certificate: string): boolean {
  const named = agreed?.reviewers.find((entry) => entry.role === role);
  return named === undefined ? certificate === role : named.certificates.some((one) => one === certificate);
}

/** The earliest schema version in which a new record of a type is taken; 1 where nothing else was agreed on. */
export function minimumVersion(agreed: SettingOf<'schemas'> | undefined, type: string): number {
  return agreed?.schemas.find((entry) => entry.type === type)?.minimum ?? 1;
}
