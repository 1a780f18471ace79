import { common, type msp } from '@hyperledger/fabric-protos';
import type { Identity } from '../identity/identity.js';

export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

/** `used` marks the identities that already count for another part of the policy. */
type Rule = (identities: readonly Identity[], used: boolean[]) => boolean;

/** A signature policy, ready to be evaluated against the identities whose signatures were verified. */
export class SignaturePolicy {
  private readonly rule: Rule;

  constructor(envelope: common.SignaturePolicyEnvelope) {
    if (envelope.getVersion() !== 0)
      throw new PolicyError(
        `this evaluator only understands messages of version 0, but version was ${envelope.getVersion()}`,
      );
    this.rule = compile(envelope.getRule(), envelope.getIdentitiesList());
  }

  satisfiedBy(identities: readonly Identity[]): boolean {
    return this.rule(identities, new Array<boolean>(identities.length).fill(false));
  }
}

function compile(policy: common.SignaturePolicy | undefined, principals: readonly msp.MSPPrincipal[]): Rule {
  const { TypeCase } = common.SignaturePolicy;
  switch (policy?.getTypeCase()) {
    case TypeCase.N_OUT_OF: {
      const gate = policy.getNOutOf();
      const rules = (gate?.getRulesList() ?? []).map((rule) => compile(rule, principals));
      const needed = gate?.getN() ?? 0;
      return (identities, used) => {
        let verified = 0;
        for (const rule of rules) {
          const attempt = used.slice();
          if (!rule(identities, attempt)) continue;
          verified++;
          attempt.forEach((value, i) => {
            used[i] = value;
          });
        }
        return verified >= needed;
      };
    }
    case TypeCase.SIGNED_BY: {
      const index = policy.getSignedBy();
      const principal = principals[index];
      if (index < 0 || principal === undefined) {
        throw new PolicyError(
          `identity index out of range, requested ${index}, but identities length is ${principals.length}`,
        );
      }
      return (identities, used) => {
        for (const [i, identity] of identities.entries()) {
          if (used[i] === true || !identity.organisation.satisfies(identity, principal)) continue;
          used[i] = true;
          return true;
        }
        return false;
      };
    }
    default:
      throw new PolicyError('Empty policy element');
  }
}
