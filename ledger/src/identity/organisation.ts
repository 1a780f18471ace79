import type { X509Certificate } from 'node:crypto';
import { msp } from '@hyperledger/fabric-protos';
import { sameBytes, sha256 } from '../encoding/digest.js';
import { decode } from '../encoding/message.js';
import { messageOf } from '../errors.js';
import type { Identity } from './identity.js';
import type { MspFolder, Role } from './msp-folder.js';
import { Revocations } from './revocation.js';

/** What the rules say of an identity, as long as they stay the same. */
interface Verdict {
  readonly epoch: number;
  readonly against: string | undefined;
  readonly roles: readonly Role[];
}

const NO_CHAIN =
  'could not obtain certification chain: the supplied identity is not valid: x509: certificate signed by unknown authority';

export class IdentityError extends Error {
  override readonly name = 'IdentityError';
}

/** One organisation's membership rules: who is a valid identity of it, and in which role. */
export class Organisation {
  private revocations = Revocations.none;
  private stamp = '';
  /** Grows when the rules change, so that cached verdicts are dropped. */
  private epoch = 0;
  private readonly verdicts = new WeakMap<Identity, Verdict>();

  constructor(readonly folder: MspFolder) {}

  get mspId(): string {
    return this.folder.mspId;
  }

  /** Reads the lists again when their files changed; true when they did. */
  async followRevocations(): Promise<boolean> {
    if (Revocations.stamp(this.folder.path) === this.stamp) return false;
    await this.readRevocations();
    return true;
  }

  async readRevocations(): Promise<void> {
    this.stamp = Revocations.stamp(this.folder.path);
    this.revocations = await Revocations.read(this.folder.path, [...this.folder.roots, ...this.folder.intermediates]);
    this.epoch++;
  }

  /** Throws when no authority of this organisation has issued the certificate: to Fabric it is then not even readable. */
  requireChain(certificate: X509Certificate): void {
    if (this.chainOf(certificate) === undefined) throw new IdentityError(NO_CHAIN);
  }

  /** Throws unless the identity is one of this organisation now. */
  validate(identity: Identity): void {
    const { against } = this.verdictOn(identity);
    if (against !== undefined) throw new IdentityError(against);
  }

  private verdictOn(identity: Identity): Verdict {
    let verdict = this.verdicts.get(identity);
    if (verdict?.epoch !== this.epoch) {
      const chain = this.chainOf(identity.certificate);
      const roles = chain === undefined ? [] : this.rolesOf(identity, chain);
      verdict = { epoch: this.epoch, against: this.reasonAgainst(identity, chain, roles), roles };
      this.verdicts.set(identity, verdict);
    }
    return verdict;
  }

  private reasonAgainst(
    identity: Identity,
    chain: readonly X509Certificate[] | undefined,
    roles: readonly Role[],
  ): string | undefined {
    if (identity.certificate.ca) {
      return 'could not obtain certification chain: An X509 certificate with Basic Constraint: Certificate Authority equals true cannot be used as an identity';
    }
    const issuer = chain?.[0];
    if (issuer === undefined) {
      return NO_CHAIN;
    }
    const revoked = this.revocations.reasonAgainst(identity.certificate.serialNumber, issuer);
    if (revoked !== undefined) return `could not validate identity against certification chain: ${revoked}`;
    if (this.folder.nodeOus === undefined) return undefined;
    if (roles.length === 0) {
      return `could not validate identity's OUs: the identity does not have an OU that resolves to client, peer, orderer, or admin role, MSP: [${this.mspId}]`;
    }
    if (roles.length > 1) {
      return `could not validate identity's OUs: the identity must be a client, a peer, an orderer or an admin identity to be valid, not a combination of them, MSP: [${this.mspId}]`;
    }
    return undefined;
  }

  /**
   * From the issuer up to a root. Validity is judged at the certificate's own beginning, as Fabric does: expiry is
   * refused where a proposal or an envelope comes in, so that a block means the same to whoever reads it later.
   */
  private chainOf(certificate: X509Certificate): X509Certificate[] | undefined {
    const at = Date.parse(certificate.validFrom) + 1000;
    const covers = (authority: X509Certificate): boolean =>
      authority.ca && Date.parse(authority.validFrom) <= at && at <= Date.parse(authority.validTo);
    const climb = (child: X509Certificate, depth: number): X509Certificate[] | undefined => {
      for (const root of this.folder.roots) if (covers(root) && issued(root, child)) return [root];
      if (depth === 0) return undefined;
      for (const middle of this.folder.intermediates) {
        if (!covers(middle) || !issued(middle, child)) continue;
        const rest = climb(middle, depth - 1);
        if (rest !== undefined) return [middle, ...rest];
      }
      return undefined;
    };
    return climb(certificate, this.folder.intermediates.length);
  }

  private rolesOf(identity: Identity, chain: readonly X509Certificate[]): Role[] {
    const roles: Role[] = [];
    for (const role of ['client', 'peer', 'admin', 'orderer'] as const) {
      const ou = this.folder.nodeOus?.[role];
      if (ou === undefined || !identity.units.includes(ou.unit)) continue;
      const certifier = ou.certifier;
      if (certifier === undefined || chain.some((link) => link.fingerprint256 === certifier.fingerprint256))
        roles.push(role);
    }
    return roles;
  }

  private hasRole(identity: Identity, role: Role): boolean {
    this.validate(identity);
    return this.verdictOn(identity).roles.includes(role);
  }

  /** Throws unless the identity is one of the organisation's administrators. */
  requireAdmin(identity: Identity): void {
    if (this.isNamedAdmin(identity)) return;
    if (this.folder.nodeOus === undefined) throw new IdentityError('This identity is not an admin');
    try {
      this.validate(identity);
    } catch (cause) {
      throw new IdentityError(`The identity is not valid under this MSP [${this.mspId}]: ${messageOf(cause)}`, {
        cause,
      });
    }
    if (!this.hasRole(identity, 'admin'))
      throw new IdentityError(
        `The identity is not an admin under this MSP [${this.mspId}]: The identity does not contain OU [ADMIN], MSP: [${this.mspId}]`,
      );
  }

  private isNamedAdmin(identity: Identity): boolean {
    return this.folder.admins.some((admin) => admin.fingerprint256 === identity.certificate.fingerprint256);
  }

  satisfies(identity: Identity, principal: msp.MSPPrincipal): boolean {
    try {
      return this.matches(identity, principal);
    } catch {
      return false;
    }
  }

  private matches(identity: Identity, principal: msp.MSPPrincipal): boolean {
    const { Classification } = msp.MSPPrincipal;
    const content = principal.getPrincipal_asU8();
    switch (principal.getPrincipalClassification()) {
      case Classification.ROLE:
        return this.matchesRole(identity, decode(msp.MSPRole, content, 'MSPRole'));
      case Classification.IDENTITY: {
        const wanted = decode(msp.SerializedIdentity, content, 'SerializedIdentity');
        if (wanted.getMspid() !== this.mspId || !identity.isCertificate(wanted.getIdBytes_asU8())) return false;
        this.validate(identity);
        return true;
      }
      case Classification.ORGANIZATION_UNIT: {
        const unit = decode(msp.OrganizationUnit, content, 'OrganizationUnit');
        if (unit.getMspIdentifier() !== this.mspId) return false;
        this.validate(identity);
        return (
          identity.units.includes(unit.getOrganizationalUnitIdentifier()) &&
          sameBytes(unit.getCertifiersIdentifier_asU8(), this.certifierOf(identity))
        );
      }
      case Classification.ANONYMITY:
        return decode(msp.MSPIdentityAnonymity, content, 'MSPIdentityAnonymity').getAnonymityType() === 0;
      case Classification.COMBINED: {
        const parts = decode(msp.CombinedPrincipal, content, 'CombinedPrincipal').getPrincipalsList();
        return parts.length > 0 && parts.every((part) => this.matches(identity, part));
      }
      default:
        return false;
    }
  }

  /** What an organisational unit is tied to: the hash of the certificates from the issuer up to a root. */
  private certifierOf(identity: Identity): Uint8Array {
    return sha256(...(this.chainOf(identity.certificate) ?? []).map((link) => link.raw));
  }

  private matchesRole(identity: Identity, role: msp.MSPRole): boolean {
    if (role.getMspIdentifier() !== this.mspId) return false;
    const { MSPRoleType } = msp.MSPRole;
    switch (role.getRole()) {
      case MSPRoleType.MEMBER:
        this.validate(identity);
        return true;
      case MSPRoleType.ADMIN:
        return this.isNamedAdmin(identity) || this.hasRole(identity, 'admin');
      case MSPRoleType.CLIENT:
        return this.hasRole(identity, 'client');
      case MSPRoleType.PEER:
        return this.hasRole(identity, 'peer');
      case MSPRoleType.ORDERER:
        return this.hasRole(identity, 'orderer');
      default:
        return false;
    }
  }
}

function issued(authority: X509Certificate, child: X509Certificate): boolean {
  return child.checkIssued(authority) && child.verify(authority.publicKey);
}
