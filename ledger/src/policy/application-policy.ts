import { common, peer } from '@hyperledger/fabric-protos';
import { decode } from '../encoding/message.js';
import type { Identity } from '../identity/identity.js';
import type { ChannelPolicies } from './channel-policies.js';

/** An endorsement policy as a chaincode or a collection carries it: signatures, or a policy of the channel. */
export type EndorsementPolicy =
  { readonly kind: 'signature'; readonly bytes: Uint8Array } | { readonly kind: 'channel'; readonly reference: string };

export const DEFAULT_ENDORSEMENT: EndorsementPolicy = {
  kind: 'channel',
  reference: '/Channel/Application/Endorsement',
};

export function signaturePolicy(envelope: common.SignaturePolicyEnvelope): EndorsementPolicy {
  return { kind: 'signature', bytes: envelope.serializeBinary() };
}

/** Undefined when the identities satisfy the policy, else why they do not. */
export function reasonAgainst(
  policy: EndorsementPolicy,
  identities: readonly Identity[],
  channel: ChannelPolicies,
): string | undefined {
  switch (policy.kind) {
    case 'signature':
      return channel.reasonAgainst(policy.bytes, identities);
    case 'channel':
      return channel.reasonAgainstReference(policy.reference, identities);
  }
}

export function fromMessage(message: peer.ApplicationPolicy): EndorsementPolicy {
  const signatures = message.getSignaturePolicy();
  return signatures === undefined
    ? { kind: 'channel', reference: message.getChannelConfigPolicyReference() }
    : signaturePolicy(signatures);
}

export function toMessage(policy: EndorsementPolicy): peer.ApplicationPolicy {
  const message = new peer.ApplicationPolicy();
  switch (policy.kind) {
    case 'signature':
      message.setSignaturePolicy(decode(common.SignaturePolicyEnvelope, policy.bytes, 'SignaturePolicyEnvelope'));
      break;
    case 'channel':
      message.setChannelConfigPolicyReference(policy.reference);
      break;
  }
  return message;
}
