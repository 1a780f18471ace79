import { msp } from '@hyperledger/fabric-protos';
import { hex } from '../encoding/digest.js';
import { decode } from '../encoding/message.js';

type Kind =
  | { readonly is: 'role'; readonly role: number }
  | { readonly is: 'unit'; readonly unit: string; readonly certifiers: string }
  | { readonly is: 'identity'; readonly certificate: string };

/** A principal of a policy as whoever chooses endorsers compares it with others. */
export class Principal {
  /** The same for equal principals only. */
  readonly key: string;

  private constructor(
    readonly message: msp.MSPPrincipal,
    private readonly mspId: string,
    private readonly kind: Kind,
  ) {
    this.key = `${message.getPrincipalClassification()}:${hex(message.getPrincipal_asU8())}`;
  }

  /** Undefined for a principal that Fabric's discovery does not know how to compare. */
  static of(message: msp.MSPPrincipal): Principal | undefined {
    const content = message.getPrincipal_asU8();
    const { Classification } = msp.MSPPrincipal;
    try {
      switch (message.getPrincipalClassification()) {
        case Classification.ROLE: {
          const role = decode(msp.MSPRole, content, 'MSPRole');
          return new Principal(message, role.getMspIdentifier(), { is: 'role', role: role.getRole() });
        }
        case Classification.ORGANIZATION_UNIT: {
          const unit = decode(msp.OrganizationUnit, content, 'OrganizationUnit');
          return new Principal(message, unit.getMspIdentifier(), {
            is: 'unit',
            unit: unit.getOrganizationalUnitIdentifier(),
            certifiers: hex(unit.getCertifiersIdentifier_asU8()),
          });
        }
        case Classification.IDENTITY: {
          const identity = decode(msp.SerializedIdentity, content, 'SerializedIdentity');
          return new Principal(message, identity.getMspid(), {
            is: 'identity',
            certificate: hex(identity.getIdBytes_asU8()),
          });
        }
        default:
          return undefined;
      }
    } catch {
      return undefined;
    }
  }

  equals(other: Principal): boolean {
    return this.key === other.key;
  }

  /** Whether every identity that satisfies this one is known to satisfy the other, as a peer is a member. */
  isA(other: Principal): boolean {
    if (this.mspId !== other.mspId) return false;
    const [own, theirs] = [this.kind, other.kind];
    if (theirs.is === 'role' && theirs.role === msp.MSPRole.MSPRoleType.MEMBER) return true;
    if (own.is === 'unit' && theirs.is === 'unit')
      return own.unit === theirs.unit && own.certifiers === theirs.certifiers;
    if (own.is === 'role' && theirs.is === 'role') return own.role === theirs.role;
    return own.is === 'identity' && theirs.is === 'identity' && own.certificate === theirs.certificate;
  }
}
