import { common, msp } from '@hyperledger/fabric-protos';
import { formatTime } from '@proofward/evidence';
import { X509Certificate } from 'node:crypto';
import { Revocations } from './revocations.js';

/** Longer than any chain that Fabric's MSPs have in use, and an end where intermediates issue each other. */
const longestChain = 8;

/** Who issues an organisation's certificates, and what of them is revoked, by the channel's configuration. */
export class Authorities {
  private constructor(
    private readonly roots: readonly X509Certificate[],
    private readonly intermediates: readonly X509Certificate[],
    private readonly revocations: Revocations,
  ) {}

  /**
   * @param config the channel's (fabric-protos common/configtx.proto, Config)
   * @throws Error where the channel has no such organisation
   */
  static async of(config: Uint8Array, mspId: string): Promise<Authorities> {
    const groups = common.Config.deserializeBinary(config).getChannelGroup()?.getGroupsMap();
    const organizations: common.ConfigGroup[] = [];
    groups
      ?.get('Application')
      ?.getGroupsMap()
      .forEach((organization) => organizations.push(organization));
    for (const organization of organizations) {
      const value = organization.getValuesMap().get('MSP');
      const held = msp.MSPConfig.deserializeBinary(value?.getValue_asU8() ?? new Uint8Array());
      const found = msp.FabricMSPConfig.deserializeBinary(held.getConfig_asU8());
      if (found.getName() !== mspId) continue;
      const certificates = (list: Uint8Array[]) => list.map((pem) => new X509Certificate(pem));
      const roots = certificates(found.getRootCertsList_asU8());
      const intermediates = certificates(found.getIntermediateCertsList_asU8());
      const revocations = await Revocations.of(found.getRevocationListList_asU8(), [...roots, ...intermediates]);
      return new Authorities(roots, intermediates, revocations);
    }
    throw new Error(`the channel's configuration has no ${mspId}`);
  }

  /**
   * What is wrong with a certificate as the signer's of something at a time; undefined where nothing is.
   *
   * @param at milliseconds since the epoch
   * @param tolerance how much later than `at` a certificate may begin, for clocks that differ
   */
  faultOf(certificate: X509Certificate, at: number, tolerance: number): string | undefined {
    if (certificate.ca) return 'the certificate is an authority’s own';
    const from = Date.parse(certificate.validFrom);
    const to = Date.parse(certificate.validTo);
    if (at < from - tolerance || at > to) {
      return `the certificate is valid from ${new Date(from).toISOString()} to ${new Date(to).toISOString()}`;
    }
    const chain = this.chainOf(certificate);
    if (chain === undefined) return 'the certificate is not issued by an authority of the organisation';
    const revoked = this.revokedIn(chain);
    if (revoked !== undefined && revoked <= at) return `the certificate is revoked from ${formatTime(revoked)} on`;
    return undefined;
  }

  /**
   * From when on a certificate of the organisation is revoked, or one of those above it, in milliseconds since the epoch;
   * undefined where none is.
   */
  revokedFrom(certificate: X509Certificate): number | undefined {
    return this.revokedIn(this.chainOf(certificate) ?? []);
  }

  /** Whether there is nothing that could be revoked; a certificate need not be looked at then. */
  get hasNoLists(): boolean {
    return this.revocations.isEmpty;
  }

  private revokedIn(chain: readonly X509Certificate[]): number | undefined {
    const dates = chain.flatMap((certificate, index) => {
      const issuer = chain[index + 1];
      return issuer === undefined ? [] : (this.revocations.revokedFrom(certificate, issuer) ?? []);
    });
    return dates.length === 0 ? undefined : Math.min(...dates);
  }

  /** From the certificate up to a root; undefined where there is none above it. */
  private chainOf(certificate: X509Certificate): X509Certificate[] | undefined {
    const chain = [certificate];
    let current = certificate;
    while (chain.length <= longestChain) {
      const isOf = (issuer: X509Certificate) =>
        issuer.ca && current.checkIssued(issuer) && current.verify(issuer.publicKey);
      const root = this.roots.find(isOf);
      if (root !== undefined) return [...chain, root];
      const next = this.intermediates.find(isOf);
      if (next === undefined) return undefined;
      chain.push(next);
      current = next;
    }
    return undefined;
  }
}
