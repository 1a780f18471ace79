import { readFileSync } from 'node:fs';
import { common } from '@hyperledger/fabric-protos';
import { z } from 'zod';
import { LedgerFault, messageOf } from '../errors.js';
import { type EndorsementPolicy, signaturePolicy } from '../policy/application-policy.js';
import { anyRole } from '../policy/channel-policies.js';
import { parsePolicy, rolePrincipal } from '../policy/syntax.js';

/** Where private data goes and who may read and write it. */
export interface Collection {
  readonly name: string;
  readonly members: common.SignaturePolicyEnvelope;
  readonly memberPolicyBytes: Uint8Array;
  readonly requiredPeerCount: number;
  readonly maxPeerCount: number;
  readonly blockToLive: number;
  readonly memberOnlyRead: boolean;
  readonly memberOnlyWrite: boolean;
  readonly endorsement: EndorsementPolicy | undefined;
}

const IMPLICIT = '_implicit_org_';

const file = z.array(
  z.strictObject({
    name: z.string().regex(/^[A-Za-z0-9-]+([A-Za-z0-9_-]+)*$/, 'a collection is named with letters, digits, - and _'),
    policy: z.string(),
    requiredPeerCount: z.number().int().min(0).default(0),
    maxPeerCount: z.number().int().min(0).default(1),
    blockToLive: z.number().int().min(0).default(0),
    memberOnlyRead: z.boolean().default(false),
    memberOnlyWrite: z.boolean().default(false),
    endorsementPolicy: z
      .strictObject({ signaturePolicy: z.string().optional(), channelConfigPolicy: z.string().optional() })
      .optional(),
  }),
);

/** Reads Fabric's own collections file. */
export function readCollections(path: string): Collection[] {
  try {
    return file.parse(JSON.parse(readFileSync(path, 'utf8'))).map((entry) => {
      const members = parsePolicy(entry.policy);
      return {
        name: entry.name,
        members,
        memberPolicyBytes: members.serializeBinary(),
        requiredPeerCount: entry.requiredPeerCount,
        maxPeerCount: entry.maxPeerCount,
        blockToLive: entry.blockToLive,
        memberOnlyRead: entry.memberOnlyRead,
        memberOnlyWrite: entry.memberOnlyWrite,
        endorsement: endorsementOf(entry.endorsementPolicy),
      };
    });
  } catch (cause) {
    const why =
      cause instanceof z.ZodError
        ? `${cause.issues[0]?.path.join('.') ?? ''}: ${cause.issues[0]?.message ?? ''}`
        : messageOf(cause);
    throw new LedgerFault(
      'CONFIG_INVALID',
      `${path} is not a collections file (${why})`,
      "use the file that Fabric's lifecycle takes",
      { cause },
    );
  }
}

function endorsementOf(
  policy: { signaturePolicy?: string | undefined; channelConfigPolicy?: string | undefined } | undefined,
): EndorsementPolicy | undefined {
  if (policy?.signaturePolicy !== undefined) return signaturePolicy(parsePolicy(policy.signaturePolicy));
  const reference = policy?.channelConfigPolicy;
  return reference === undefined ? undefined : { kind: 'channel', reference };
}

/** Whose own collection has this name; undefined where it is none of those. */
export function implicitOwner(name: string): string | undefined {
  return name.startsWith(IMPLICIT) ? name.slice(IMPLICIT.length) : undefined;
}

/** Every organisation has a collection of its own that nobody has to define. */
export function implicitCollection(name: string, organisations: readonly string[]): Collection | undefined {
  const mspId = implicitOwner(name);
  if (mspId === undefined || !organisations.includes(mspId)) return undefined;
  const members = anyRole([rolePrincipal(mspId, 0)]);
  return {
    name,
    members,
    memberPolicyBytes: members.serializeBinary(),
    requiredPeerCount: 0,
    maxPeerCount: 0,
    blockToLive: 0,
    memberOnlyRead: false,
    memberOnlyWrite: false,
    endorsement: { kind: 'channel', reference: `/Channel/Application/${mspId}/Endorsement` },
  };
}
