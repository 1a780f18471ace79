import { z } from 'zod';
import { bytesToHex, hexToBytes, hmacSha256, sha256 } from '../bytes.js';
import { canonicalBytes, type Json } from '../canonical.js';
import { inclusionPath, leafHash, merkleRoot, verifyInclusion } from '../log/merkle.js';
import { idSchema } from '../records/id.js';
import { type PrivateRecord, type PrivateType, privateTypes } from '../records/private.js';
import { codeSchema, digestSchema } from '../records/fields.js';
import type { Presentation } from '../records/presentation.js';
import { schemaVersionOf } from '../records/versions.js';
import { ProofwardError } from '../errors.js';

/** What a private record is a record of: everything that is hashed into each of its fields. */
export interface Context {
  channel: string;
  type: PrivateType;
  id: string;
  /** The private record's revision. */
  revision: number;
}

/**
 * The leaf data of one field: canonical JSON of
 * `["proofward/field/v1", channel, type, schema version, id, revision, field name, salt (hex), value]`.
 */
export function fieldLeafData(context: Context, schema: number, name: string, salt: string, value: Json): Uint8Array {
  const { channel, type, id, revision } = context;
  return canonicalBytes(['proofward/field/v1', channel, type, schema, id, revision, name, salt, value]);
}

/**
 * A field's salt: HMAC-SHA-256 under the organisation's commitment key of the canonical JSON
 * `["proofward/salt/v1", channel, type, id, revision, field name, value]`, in hex. The same submission gives the same
 * salts, so a replay gives the same commitment. The value is in it, or a submission that failed and stands in a block
 * would share its salts with the corrected one, and showing a field of that would let the first be guessed.
 */
export function deriveSalt(commitmentKey: Uint8Array, context: Context, name: string, value: Json): string {
  if (commitmentKey.length < 32) throw new Error('a commitment key has at least 32 bytes: salts must not be guessable');
  const { channel, type, id, revision } = context;
  return bytesToHex(
    hmacSha256(commitmentKey, canonicalBytes(['proofward/salt/v1', channel, type, id, revision, name, value])),
  );
}

/** A private record from its fields' values, salted under the organisation's commitment key. */
export function sealPrivate(
  commitmentKey: Uint8Array,
  context: Context,
  values: Record<string, unknown>,
): PrivateRecord {
  return saltPrivate(context, values, (name, value) => deriveSalt(commitmentKey, context, name, value));
}

/**
 * A private record from its fields' values and given salts (those of an existing record, and its schema version, to test for
 * a replay).
 */
export function saltPrivate(
  { type, id, revision }: Context,
  values: Record<string, unknown>,
  saltOf: (name: string, value: Json) => string,
  schema = schemaVersionOf(type),
): PrivateRecord {
  const fields: PrivateRecord['fields'] = {};
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) fields[name] = { salt: saltOf(name, value as Json), value: value as Json };
  }
  return { schema, type, id, revision, fields };
}

/** The commitment of a private record: the Merkle root over its fields in the order of their names, in hex. */
export function commitmentOf(channel: string, record: PrivateRecord): string {
  return bytesToHex(merkleRoot(fieldLeaves(channel, record).map(({ hash }) => hash)));
}

/** The private record's bytes in its collection. */
export function privateRecordBytes(record: PrivateRecord): Uint8Array {
  return canonicalBytes(record);
}

/** Why a record changed its state; private, because only the state is public. `salt` is 32 random bytes in hex. */
export const transitionNoteSchema = z.strictObject({
  schema: z.literal(1),
  id: idSchema(...privateTypes),
  /** The header's revision that the change made. */
  revision: z.int().min(2),
  to: codeSchema,
  reasonCode: codeSchema,
  salt: digestSchema,
});
export type TransitionNote = z.infer<typeof transitionNoteSchema>;

/** A note's key in the record's collection: SHA-256 of canonical `["proofward/transition/v1", channel, note]`, in hex. */
export function transitionNoteKey(channel: string, note: TransitionNote): string {
  return bytesToHex(sha256(canonicalBytes(['proofward/transition/v1', channel, note])));
}

/**
 * Shows the named fields of a record and nothing of the others but their number.
 *
 * @throws ProofwardError INVALID_FIELD for a name that the record does not have
 */
export function presentFields(channel: string, record: PrivateRecord, names: readonly string[]): Presentation {
  const leaves = fieldLeaves(channel, record);
  const hashes = leaves.map(({ hash }) => hash);
  const fields = [...new Set(names)].map((name) => {
    const index = leaves.findIndex((leaf) => leaf.name === name);
    const field = record.fields[name];
    // Names come from outside, and every object inherits a `constructor`.
    if (index === -1 || field === undefined)
      throw new ProofwardError('INVALID_FIELD', `the record has no field ${name}`);
    return { name, ...field, index, path: inclusionPath(hashes, index).map(bytesToHex) };
  });
  return { size: leaves.length, fields };
}

/** For each presented field, whether it is under the commitment. */
export function verifyPresentation(
  context: Context,
  schema: number,
  commitment: string,
  presentation: Presentation,
): { name: string; match: boolean }[] {
  const root = hexToBytes(commitment);
  return presentation.fields.map(({ name, salt, value, index, path }) => {
    const leaf = leafHash(fieldLeafData(context, schema, name, salt, value));
    return { name, match: verifyInclusion(leaf, index, presentation.size, path.map(hexToBytes), root) };
  });
}

function fieldLeaves(channel: string, record: PrivateRecord): { name: string; hash: Uint8Array }[] {
  const context: Context = { channel, type: record.type, id: record.id, revision: record.revision };
  return Object.keys(record.fields)
    .sort()
    .map((name) => {
      const field = record.fields[name];
      if (field === undefined) throw new Error(`no field ${name}`);
      return { name, hash: leafHash(fieldLeafData(context, record.schema, name, field.salt, field.value)) };
    });
}
