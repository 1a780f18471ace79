import { common, type msp } from '@hyperledger/fabric-protos';
import { hex, sha256 } from '../encoding/digest.js';
import { decode } from '../encoding/message.js';
import type { Identity } from '../identity/identity.js';
import type { Membership } from '../identity/membership.js';
import type { Organisation } from '../identity/organisation.js';
import { PolicyError, SignaturePolicy } from './signature-policy.js';
import { outOf, rolePrincipal, signedBy } from './syntax.js';

export type ChannelPolicyName = 'Readers' | 'Writers' | 'Endorsement' | 'LifecycleEndorsement' | 'Admins';

const MEMBER = 0;
const ADMIN = 1;
const CLIENT = 2;
const PEER = 3;

/** Rules on who may do what that lie in the channel's configuration, not in a chaincode's definition. */
export class ChannelPolicies {
  private readonly compiled = new Map<string, SignaturePolicy>();
  private readonly byOrganisation = new Map<string, SignaturePolicy>();

  constructor(
    readonly membership: Membership,
    private readonly applicationMspIds: readonly string[],
    private readonly ordererMspId: string,
  ) {}

  get organisations(): readonly string[] {
    return this.applicationMspIds;
  }

  /** Throws with Fabric's words when the identity may not do what `name` allows. */
  require(name: 'Readers' | 'Writers', identity: Identity): void {
    if (this.anyOf(name, [identity])) return;
    throw new PolicyError(unsatisfied(name, 0, 1));
  }

  /** The orderer's filter: whoever may write in any part of the channel, the orderer's organisation too. */
  mayBroadcast(identity: Identity): boolean {
    return (
      this.anyOf('Writers', [identity]) || this.organisationPolicy(this.ordererMspId, 'Writers').satisfiedBy([identity])
    );
  }

  /** Whoever may read in any part of the channel: an orderer delivers blocks to them. */
  mayReadChannel(identity: Identity): boolean {
    return (
      this.anyOf('Readers', [identity]) || this.organisationPolicy(this.ordererMspId, 'Readers').satisfiedBy([identity])
    );
  }

  /** Whoever may propose transactions. */
  mayWriteApplication(identity: Identity): boolean {
    return this.anyOf('Writers', [identity]);
  }

  /** Whoever may read what peers have of the channel. */
  mayReadApplication(identity: Identity): boolean {
    return this.anyOf('Readers', [identity]);
  }

  private anyOf(name: ChannelPolicyName, identities: readonly Identity[]): boolean {
    return this.applicationMspIds.some((mspId) => this.organisationPolicy(mspId, name).satisfiedBy(identities));
  }

  organisationPolicy(mspId: string, name: ChannelPolicyName): SignaturePolicy {
    const key = `${mspId}/${name}`;
    let policy = this.byOrganisation.get(key);
    if (policy === undefined) {
      policy = new SignaturePolicy(organisationRule(this.membership.organisation(mspId), mspId, name));
      this.byOrganisation.set(key, policy);
    }
    return policy;
  }

  /** Evaluates the bytes of a SignaturePolicyEnvelope; undefined when they satisfy it, else why not. */
  reasonAgainst(envelopeBytes: Uint8Array, identities: readonly Identity[]): string | undefined {
    try {
      return this.compile(envelopeBytes).satisfiedBy(identities) ? undefined : 'signature set did not satisfy policy';
    } catch (cause) {
      if (cause instanceof PolicyError) return cause.message;
      throw cause;
    }
  }

  private compile(bytes: Uint8Array): SignaturePolicy {
    const key = hex(sha256(bytes));
    let policy = this.compiled.get(key);
    if (policy === undefined) {
      policy = new SignaturePolicy(decode(common.SignaturePolicyEnvelope, bytes, 'SignaturePolicyEnvelope'));
      if (this.compiled.size >= 1000) this.compiled.clear();
      this.compiled.set(key, policy);
    }
    return policy;
  }

  /** A reference such as `/Channel/Application/Endorsement`, or one organisation's own; nobody satisfies an unknown one. */
  reasonAgainstReference(reference: string, identities: readonly Identity[]): string | undefined {
    const referred = this.referred(reference);
    if (referred === undefined) return `policy manager does not know ${reference}`;
    const { mspId: own, name: first } = referred;
    if (own !== undefined) {
      return this.organisationPolicy(own, first).satisfiedBy(identities)
        ? undefined
        : 'signature set did not satisfy policy';
    }
    const satisfied = this.applicationMspIds.filter((mspId) =>
      this.organisationPolicy(mspId, first).satisfiedBy(identities),
    ).length;
    const needed = this.neededOf(first);
    return satisfied >= needed ? undefined : unsatisfied(first, satisfied, needed);
  }

  /** The same rule as a policy of signatures; undefined for one that the channel does not have. */
  signaturePolicyOf(reference: string): common.SignaturePolicyEnvelope | undefined {
    const referred = this.referred(reference);
    if (referred === undefined) return undefined;
    const { mspId: own, name } = referred;
    const rules = (own === undefined ? this.applicationMspIds : [own]).map((mspId) =>
      organisationRule(this.membership.organisation(mspId), mspId, name),
    );
    const [only] = rules;
    return own === undefined || only === undefined ? joinedRule(this.neededOf(name), rules) : only;
  }

  private neededOf(name: ChannelPolicyName): number {
    return name === 'Readers' || name === 'Writers' ? 1 : Math.floor(this.applicationMspIds.length / 2) + 1;
  }

  /** A relative reference starts at the channel's group, not at that of the application. */
  private referred(reference: string): { mspId?: string; name: ChannelPolicyName } | undefined {
    const path = reference.startsWith('/') ? reference : `/Channel/${reference}`;
    const [root, channel, application, first = '', second, ...rest] = path.split('/');
    if (root !== '' || channel !== 'Channel' || application !== 'Application' || rest.length > 0) return undefined;
    if (second === undefined) return isPolicyName(first) ? { name: first } : undefined;
    return isPolicyName(second) && this.applicationMspIds.includes(first) ? { mspId: first, name: second } : undefined;
  }
}

/** So many of the rules, each of which has principals of its own. */
function joinedRule(needed: number, rules: readonly common.SignaturePolicyEnvelope[]): common.SignaturePolicyEnvelope {
  const joined = new common.SignaturePolicyEnvelope();
  const moved = rules.map((envelope) => {
    const offset = joined.getIdentitiesList().length;
    for (const principal of envelope.getIdentitiesList()) joined.addIdentities(principal);
    return movedRule(envelope.getRule() ?? new common.SignaturePolicy(), offset);
  });
  joined.setRule(outOf(needed, moved));
  return joined;
}

function movedRule(rule: common.SignaturePolicy, offset: number): common.SignaturePolicy {
  const gate = rule.getNOutOf();
  if (gate === undefined) return signedBy(rule.getSignedBy() + offset);
  return outOf(
    gate.getN(),
    gate.getRulesList().map((inner) => movedRule(inner, offset)),
  );
}

function isPolicyName(name: string): name is ChannelPolicyName {
  return (
    name === 'Readers' ||
    name === 'Writers' ||
    name === 'Endorsement' ||
    name === 'LifecycleEndorsement' ||
    name === 'Admins'
  );
}

function unsatisfied(name: string, satisfied: number, needed: number): string {
  return `implicit policy evaluation failed - ${satisfied} sub-policies were satisfied, but this policy requires ${needed} of the '${name}' sub-policies to be satisfied`;
}

/** An organisation without node OUs cannot tell peers from clients, so any member counts. */
function organisationRule(
  organisation: Organisation | undefined,
  mspId: string,
  name: ChannelPolicyName,
): common.SignaturePolicyEnvelope {
  const roles =
    organisation?.folder.nodeOus === undefined ? ([name === 'Admins' ? ADMIN : MEMBER] as const) : rolesFor(name);
  return anyRole(roles.map((role) => rolePrincipal(mspId, role)));
}

export function rolesFor(name: ChannelPolicyName): readonly (0 | 1 | 2 | 3)[] {
  switch (name) {
    case 'Readers':
      return [ADMIN, PEER, CLIENT];
    case 'Writers':
      return [ADMIN, CLIENT];
    case 'Endorsement':
    case 'LifecycleEndorsement':
      return [PEER];
    case 'Admins':
      return [ADMIN];
  }
}

export function anyRole(principals: msp.MSPPrincipal[]): common.SignaturePolicyEnvelope {
  const envelope = new common.SignaturePolicyEnvelope();
  envelope.setIdentitiesList(principals);
  envelope.setRule(
    outOf(
      1,
      principals.map((_, i) => signedBy(i)),
    ),
  );
  return envelope;
}
