import { z } from 'zod';
import { bytesToHex, sha256 } from '../bytes.js';
import { canonicalBytes, canonicalJson } from '../canonical.js';
import { decimalSchema, digestSchema, textSchema } from './fields.js';
import { idPartSchema, idSchema } from './id.js';
import { timeSchema } from './time.js';

/** Part of an endpoint's requests: above 0, at most 1. */
const shareSchema = z.string().regex(/^(?:1|0\.(?=\d*[1-9])\d{1,6})$/, 'not a decimal number above 0 and up to 1');

/** What everybody on the channel sees of a deployment. The site is the organisation of its id. */
export const deploymentPublicSchema = z.strictObject({
  model: idSchema('model'),
  /** The name under which the site calls it. */
  endpoint: idPartSchema,
  /** `canary` and `shadow` run beside the live one; what a shadow says is not used. */
  mode: z.enum(['live', 'canary', 'shadow']),
  /** The part of the requests that a canary or shadow gets. */
  share: shareSchema.optional(),
  decision: idSchema('release-decision'),
});

/** Where approval of a stop or rollback is missing, or something else was not as it should be. It is done all the same. */
export const stopFlags = ['approval-missing', 'approval-late', 'returned-to-unknown'] as const;

/** What the ledger adds to a deployment's header: its interval, and how it ended. */
export const deploymentIntervalShape = {
  from: timeSchema,
  to: timeSchema.optional(),
  /** Of a rollback: the model version that the endpoint went back to. */
  returnedTo: idSchema('model').optional(),
  flags: z.array(z.enum(stopFlags)).min(1).optional(),
};

/** The private part, in `operations-S`. Another threshold is another deployment. */
export const deploymentPrivateSchema = z.strictObject({
  configurationDigest: digestSchema,
  preprocessingDigest: digestSchema.optional(),
  imageDigest: digestSchema.optional(),
  decisionThreshold: decimalSchema.optional(),
  hardware: textSchema.optional(),
});

/**
 * The private key, in the site's operations collection, under which it stands which deployment is live at an endpoint:
 * lower-case hex of SHA-256 over the canonical JSON `["proofward/live-key/v1", endpoint]`. It holds only what is public.
 */
export function liveKey(endpoint: string): string {
  return bytesToHex(sha256(canonicalBytes(['proofward/live-key/v1', endpoint])));
}

/** Its value: the canonical JSON `["proofward/live/v1", channel, deployment's id]`. */
export function liveValue(channel: string, deployment: string): Uint8Array {
  return canonicalBytes(['proofward/live/v1', channel, deployment]);
}

const liveSchema = z.tuple([z.literal('proofward/live/v1'), z.string(), idSchema('deployment')]);

/** The deployment that such a value names; undefined for any other value. */
export function readLive(channel: string, text: string): string | undefined {
  try {
    const [, found, deployment] = liveSchema.parse(JSON.parse(text));
    return found === channel && canonicalJson(JSON.parse(text)) === text ? deployment : undefined;
  } catch {
    return undefined;
  }
}
