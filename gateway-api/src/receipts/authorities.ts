import { common, msp } from '@hyperledger/fabric-protos';
import { X509Certificate } from 'node:crypto';

/** Longer than any chain that Fabric's MSPs have in use, and an end where intermediates issue each other. */
const longestChain = 8;

/** Who issues an organisation's certificates, by the channel's configuration. Its revocation lists are not looked at. */
export class Authorities {
  private constructor(
    private readonly roots: readonly X509Certificate[],
    private readonly intermediates: readonly X509Certificate[],
  ) {}

  /**
   * @param config the channel's (fabric-protos common/configtx.proto, Config)
   * @throws Error where the channel has no such organisation
   */
  static of(config: Uint8Array, mspId: string): Authorities {
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
      return new Authorities(
        certificates(found.getRootCertsList_asU8()),
        certificates(found.getIntermediateCertsList_asU8()),
      );
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
    if (!this.hasIssued(certificate)) return 'the certificate is not issued by an authority of the organisation';
    return undefined;
  }

  private hasIssued(certificate: X509Certificate): boolean {
    let current = certificate;
    for (let depth = 0; depth < longestChain; depth++) {
      const isOf = (issuer: X509Certificate) =>
        issuer.ca && current.checkIssued(issuer) && current.verify(issuer.publicKey);
      if (this.roots.some(isOf)) return true;
      const next = this.intermediates.find(isOf);
      if (next === undefined) return false;
      current = next;
    }
    return false;
  }
}
