import {
  type AttestationPrivate,
  type attestationPublicSchema,
  disputeName,
  formatId,
  hasPrivatePart,
  idPartSchema,
  type IncidentPrivate,
  type incidentPublicSchema,
  parseId,
  privateSchemas,
  ProofwardError,
  publicSchemas,
  recomputeAttestation,
  reportDueOf,
  timeSchema,
  voteName,
  withComputed,
  writers,
  writingOrganizations,
} from '@proofward/evidence';
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { AnswerBody } from '../answers.js';
import type { GatewayConfig } from '../config.js';
import type { Caller } from '../identity/authenticator.js';
import type { Kind } from '../kinds.js';
import type { CreateCommand } from '../ledger/registrar.js';

const idFields = { id: z.string().optional(), name: idPartSchema.optional(), version: idPartSchema.optional() };

/** The body of a creation: id, or name and version; the public fields; the private part. */
export function newRecordSchema({ type }: Kind) {
  const schema = publicSchemas[type].extend({ ...idFields, effectiveAt: timeSchema.optional() });
  return hasPrivatePart(type) ? schema.extend({ private: privateSchemas[type] }) : schema;
}
type NewRecord = z.output<ReturnType<typeof newRecordSchema>>;

/** @throws ProofwardError INVALID_ID, INVALID_FIELD, FORBIDDEN */
export function createCommand(kind: Kind, own: GatewayConfig, caller: Caller, body: NewRecord): CreateCommand {
  requireWriter(kind, own, caller);
  const { id, name, version, effectiveAt, private: privateFields, ...publicFields } = { private: undefined, ...body };
  return {
    type: kind.type,
    id: idOf(kind, own.slug, id ?? givenId(kind, own.slug, publicFields), name, version),
    publicFields,
    privateFields: computedBeside(kind, body) ?? privateFields,
    effectiveAt,
  };
}

type NewAttestation = z.output<typeof attestationPublicSchema> & { private: AttestationPrivate };

type NewIncident = z.output<typeof incidentPublicSchema> & { private: IncidentPrivate };

/** The private part with what follows from the rest of it, which chaincode compares: a verdict, the end of a term. */
function computedBeside({ type }: Kind, body: NewRecord): Record<string, unknown> | undefined {
  if (type === 'attestation') {
    const { kind, private: values } = body as NewAttestation;
    return withComputed(kind, values);
  }
  if (type === 'incident') {
    const { severity, private: values } = body as NewIncident;
    return { ...values, reportDue: values.reportDue ?? reportDueOf(severity, values.awareAt) };
  }
  return undefined;
}

/** What an attestation's counts bear, before anything is signed. */
export function previewOf(body: NewRecord): AnswerBody<'AuditPreview'> {
  const { kind, private: values } = body as NewAttestation;
  const computed = recomputeAttestation(kind, values);
  return {
    recomputed: computed !== undefined,
    verdict: { claimed: values.verdict.claimed, ...(computed && { computed: computed.verdict }) },
    metrics: (computed?.metrics ?? []).map((metric) => ({ ...metric })),
    partitions: (computed?.partitions ?? []).map((partition) => ({ ...partition })),
  };
}

/** Chaincode decides; to refuse here what it would refuse costs no endorsement. */
export function requireWriter({ type, plural }: Kind, own: GatewayConfig, caller: Caller): void {
  const { callers } = writers[type];
  const organizations = writingOrganizations(type);
  if (!organizations.includes(own.role) || !callers.includes(caller.role)) {
    const who = `${organizations.join("'s or ")}'s ${callers.join(' or ')}`;
    throw new ProofwardError('FORBIDDEN', `${plural} are recorded by a ${who}`);
  }
}

/** A dispute's id follows from what it disputes, a vote's from what it is on. */
function givenId({ type }: Kind, org: string, fields: object): string | undefined {
  if (type === 'vote' && 'proposal' in fields) {
    return formatId({ type, org, name: voteName(String(fields.proposal)), version: '1' });
  }
  if (type !== 'dispute' || !('record' in fields)) return undefined;
  return formatId({ type, org, name: disputeName(String(fields.record)), version: '1' });
}

function idOf({ type, named }: Kind, ownSlug: string, id?: string, name?: string, version?: string): string {
  if (id !== undefined) {
    if (name !== undefined || version !== undefined) {
      throw new ProofwardError('INVALID_FIELD', 'give either the id or name and version', { pointer: '/id' });
    }
    const parsed = parseId(id, '/id');
    if (parsed.type !== type) throw new ProofwardError('INVALID_ID', `not the id of a ${type}`, { pointer: '/id' });
    if (parsed.org !== ownSlug) {
      throw new ProofwardError('FORBIDDEN', `this gateway creates records of ${ownSlug} only`, { pointer: '/id' });
    }
    return id;
  }
  if (name !== undefined && version !== undefined) return formatId({ type, org: ownSlug, name, version });
  if (!named && name === undefined && version === undefined) {
    return formatId({ type, org: ownSlug, name: randomBytes(16).toString('hex'), version: '1' });
  }
  throw new ProofwardError('INVALID_FIELD', 'give the id, or name and version', {
    pointer: name === undefined ? '/name' : '/version',
  });
}
