import policiesPb from '@hyperledger/fabric-protos/lib/common/policies_pb.js';
import principalPb from '@hyperledger/fabric-protos/lib/msp/msp_principal_pb.js';
import { majorityOf } from './expression.js';

/**
 * Key-level endorsement policies (Fabric's state-based endorsement), as serialised SignaturePolicyEnvelopes.
 *
 * The shim's KeyEndorsementPolicy can only require all the organisations it names, which is a veto for each. These bytes
 * are made here and nowhere else, in a fixed order: a policy that a peer cannot parse halts the channel (fabric issue
 * 3105), and two endorsers must write the same bytes.
 */

/** `author` and one of `others`, peers all: neither can the author rewrite alone, nor the others without him. */
export function authorAndOneOther(author: string, others: readonly string[]): Uint8Array {
  if (others.length === 0) throw new Error('a key policy needs at least one organisation beside the author');
  return envelope(
    [author, ...others],
    nOutOf(2, [
      signedBy(0),
      nOutOf(
        1,
        others.map((_, index) => signedBy(index + 1)),
      ),
    ]),
  );
}

/** One organisation's peers: for what must be written when nobody else answers. */
export function alone(mspId: string): Uint8Array {
  return envelope([mspId], nOutOf(1, [signedBy(0)]));
}

/** Any two of these organisations' peers. */
export function anyTwo(mspIds: readonly string[]): Uint8Array {
  if (mspIds.length < 2) throw new Error('two of fewer than two organisations are never there');
  return envelope(
    mspIds,
    nOutOf(
      2,
      mspIds.map((_, index) => signedBy(index)),
    ),
  );
}

/** More than half of the organisations' peers. */
export function majorityKeyPolicy(mspIds: readonly string[]): Uint8Array {
  return envelope(
    mspIds,
    nOutOf(
      majorityOf(mspIds.length),
      mspIds.map((_, index) => signedBy(index)),
    ),
  );
}

function signedBy(index: number): policiesPb.SignaturePolicy {
  const policy = new policiesPb.SignaturePolicy();
  policy.setSignedBy(index);
  return policy;
}

function nOutOf(n: number, rules: policiesPb.SignaturePolicy[]): policiesPb.SignaturePolicy {
  const rule = new policiesPb.SignaturePolicy.NOutOf();
  rule.setN(n);
  rule.setRulesList(rules);
  const policy = new policiesPb.SignaturePolicy();
  policy.setNOutOf(rule);
  return policy;
}

function envelope(mspIds: readonly string[], rule: policiesPb.SignaturePolicy): Uint8Array {
  if (new Set(mspIds).size !== mspIds.length) throw new Error('a key policy names each organisation once');
  const message = new policiesPb.SignaturePolicyEnvelope();
  message.setRule(rule);
  message.setIdentitiesList(
    mspIds.map((mspId) => {
      const role = new principalPb.MSPRole();
      role.setMspIdentifier(mspId);
      role.setRole(principalPb.MSPRole.MSPRoleType.PEER);
      const principal = new principalPb.MSPPrincipal();
      principal.setPrincipalClassification(principalPb.MSPPrincipal.Classification.ROLE);
      principal.setPrincipal(role.serializeBinary());
      return principal;
    }),
  );
  return message.serializeBinary();
}
