import { z } from 'zod';
import { bytesToHex, sha256 } from '../bytes.js';
import { canonicalBytes } from '../canonical.js';
import { slugPattern } from '../consortium.js';
import { ProofwardError } from '../errors.js';

export const recordTypes = [
  'dataset',
  'grant',
  'model',
  'plan',
  'attestation',
  'policy',
  'response',
  'incident',
  'dispute',
  'dispute-statement',
  'amendment',
  'disclosure-request',
  'disclosure',
  'sign-off',
  'waiver',
  'release-decision',
  'deployment',
  'batch',
  'proposal',
  'vote',
  'setting',
  'role',
] as const;
export type RecordType = (typeof recordTypes)[number];

/** An id `type:<org>/<name>@<version>` in its parts. `org` is an organisation's slug. */
export interface RecordId {
  type: RecordType;
  org: string;
  name: string;
  version: string;
}

const part = '[a-z0-9][a-z0-9._-]{0,63}';
export const idPartSchema = z.string().regex(new RegExp(`^${part}$`), 'not of the form [a-z0-9][a-z0-9._-]{0,63}');
const idPattern = new RegExp(`^(${recordTypes.join('|')}):([^/]+)/(${part})@(${part})$`);

/** The id in its parts; undefined for any other text. */
export function readId(text: string): RecordId | undefined {
  const [, type, org, name, version] = idPattern.exec(text) ?? [];
  if (type === undefined || org === undefined || name === undefined || version === undefined) return undefined;
  return slugPattern.test(org) ? { type: type as RecordType, org, name, version } : undefined;
}

/** @throws ProofwardError INVALID_ID */
export function parseId(text: string, pointer?: string): RecordId {
  const id = readId(text);
  if (id !== undefined) return id;
  throw new ProofwardError('INVALID_ID', `not a record id (type:<org>/<name>@<version>): ${text.slice(0, 100)}`, {
    pointer,
  });
}

export function formatId({ type, org, name, version }: RecordId): string {
  return `${type}:${org}/${name}@${version}`;
}

/** A schema for ids of the given types. */
export function idSchema(...types: RecordType[]) {
  return z.string().refine(
    (text) => {
      const id = readId(text);
      return id !== undefined && types.includes(id.type);
    },
    { error: `not an id of the form ${types.join('|')}:<org>/<name>@<version>` },
  );
}

/**
 * The private key of a record's mark: lower-case hex of SHA-256 over the canonical JSON
 * `["proofward/mark-key/v1", type, id]`. Anybody can compute it; marks hold only what is public.
 */
export function markKey(id: RecordId): string {
  return bytesToHex(sha256(canonicalBytes(['proofward/mark-key/v1', id.type, formatId(id)])));
}

/**
 * The header's ledger key: a Fabric composite key (U+0000 before the type and after each part) of type, id and the hash
 * of the mark. So a header that anybody else put under another key is never read.
 */
export function headerKey(id: RecordId, markHash: Uint8Array): string {
  return ['', id.type, id.org, id.name, id.version, bytesToHex(markHash), ''].join('\u0000');
}

/** The id and mark hash (hex) in a ledger key, or undefined for a key that is not a header's. */
export function parseHeaderKey(key: string): { id: RecordId; markHash: string } | undefined {
  const parts = key.split('\u0000');
  const [before, type, org, name, version, markHash, after] = parts;
  if (
    parts.length !== 7 ||
    before !== '' ||
    after !== '' ||
    markHash === undefined ||
    !/^[0-9a-f]{64}$/.test(markHash)
  ) {
    return undefined;
  }
  const id = readId(`${type ?? ''}:${org ?? ''}/${name ?? ''}@${version ?? ''}`);
  return id && { id, markHash };
}
