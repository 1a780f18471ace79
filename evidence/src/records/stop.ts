import { z } from 'zod';
import { canonicalBytes } from '../canonical.js';
import { mspIdSchema } from '../consortium.js';
import { stopFlags } from './deployment.js';
import { digestSchema } from './fields.js';
import type { HeaderOf } from './header.js';
import { idSchema } from './id.js';
import { timeSchema } from './time.js';

/**
 * That a site stopped a deployment, or rolled it back, in a key of its own that the site alone may write: it must work when
 * nobody else answers. The header needs one more organisation, so that nothing that was stopped can be made to run again.
 */
export const stopSchema = z.strictObject({
  schema: z.literal(1),
  deployment: idSchema('deployment'),
  kind: z.enum(['stop', 'rollback']),
  returnedTo: idSchema('model').optional(),
  /** The sign-offs that it was done with. */
  approvals: z.array(idSchema('sign-off')).max(16),
  flags: z.array(z.enum(stopFlags)).min(1).optional(),
  author: mspIdSchema,
  txId: digestSchema,
  /** The time of the report: the transaction's. */
  recordedAt: timeSchema,
  /** The time of the switch. */
  effectiveAt: timeSchema,
  late: z.literal(true).optional(),
});
export type Stop = z.infer<typeof stopSchema>;

const suffix = '~stop';

/** The key of a deployment's stop, beside its header's. */
export function stopKey(headerKey: string): string {
  return `${headerKey}${suffix}`;
}

/** The header's key of a stop's; undefined for any other key. */
export function headerKeyOfStop(key: string): string | undefined {
  return key.endsWith(suffix) ? key.slice(0, -suffix.length) : undefined;
}

/** What stands there while nothing is stopped: a key's policy can only be set on a key that has a value. */
export function noStopBytes(deployment: string): Uint8Array {
  return canonicalBytes({ schema: 1, deployment });
}

export function stopBytes(stop: Stop): Uint8Array {
  return canonicalBytes(stop);
}

/** The stop in these bytes, if it is one of that deployment. */
export function readStop(deployment: string, bytes: Uint8Array): Stop | undefined {
  try {
    const stop = stopSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
    return stop.deployment === deployment ? stop : undefined;
  } catch {
    return undefined;
  }
}

/** A deployment is over, whatever its header says later. */
export function isFinal({ status }: HeaderOf<'deployment'>): boolean {
  return status === 'stopped' || status === 'rolled-back';
}

/**
 * A deployment's header as every reader has to see it once there is a stop: its next revision, which stands in no key of
 * its own. The first stop counts, and nothing after it.
 */
export function withStop(header: HeaderOf<'deployment'>, stop: Stop): HeaderOf<'deployment'> {
  if (isFinal(header) || header.status !== 'running') return header;
  const { kind, returnedTo, flags, recordedAt, effectiveAt, late } = stop;
  return {
    ...header,
    status: kind === 'stop' ? 'stopped' : 'rolled-back',
    revision: header.revision + 1,
    recordedAt,
    effectiveAt,
    // Undefined, not absent: it also takes back the flag of the revision before.
    late,
    to: effectiveAt,
    ...(returnedTo === undefined ? {} : { returnedTo }),
    ...(flags === undefined ? {} : { flags }),
  };
}
