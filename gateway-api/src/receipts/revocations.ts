import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import * as asn1 from 'asn1js';
import { X509Certificate } from 'node:crypto';

interface RevocationList {
  /** SHA-256 of the authority's certificate whose key signed the list. */
  signedBy: string;
  /** From when on, in milliseconds since the epoch, by serial number. */
  revoked: ReadonlyMap<string, number>;
}

/** What an organisation's authorities have taken back of what they issued, by the revocation lists of its MSP. */
export class Revocations {
  private constructor(private readonly lists: readonly RevocationList[]) {}

  /**
   * @param lists in PEM or DER, as `revocation_list` of fabric-protos msp/msp_config.proto (FabricMSPConfig) has them. One that
   *   none of the authorities has signed revokes nothing, as in Fabric.
   * @throws Error where one cannot be read; peers take no configuration with such a list
   */
  static async of(lists: readonly Uint8Array[], authorities: readonly X509Certificate[]): Promise<Revocations> {
    const read = await Promise.all(lists.map((list) => readList(list, authorities)));
    return new Revocations(read.filter((list) => list !== undefined));
  }

  get isEmpty(): boolean {
    return this.lists.length === 0;
  }

  /** From when on a certificate of this issuer is revoked, in milliseconds since the epoch; undefined where it is not. */
  revokedFrom(certificate: X509Certificate, issuer: X509Certificate): number | undefined {
    const serial = normal(certificate.serialNumber);
    const dates = this.lists
      .filter(({ signedBy }) => signedBy === issuer.fingerprint256)
      .flatMap(({ revoked }) => revoked.get(serial) ?? []);
    return dates.length === 0 ? undefined : Math.min(...dates);
  }
}

async function readList(
  bytes: Uint8Array,
  authorities: readonly X509Certificate[],
): Promise<RevocationList | undefined> {
  const list = new x509.X509Crl(Buffer.from(bytes));
  for (const authority of authorities) {
    const { publicKey } = new x509.X509Certificate(authority.raw);
    if (await list.verify({ publicKey })) {
      return { signedBy: authority.fingerprint256, revoked: revokedIn(list.rawData) };
    }
  }
  return undefined;
}

/**
 * The entries of a list (RFC 5280, 5.1). Not by the library's own reading of them, which takes a list without nextUpdate for
 * one that revokes nobody.
 */
function revokedIn(der: ArrayBuffer): Map<string, number> {
  const [toBeSigned] = membersOf(asn1.fromBER(der).result);
  const fields = membersOf(toBeSigned);
  // After thisUpdate and nextUpdate, which may be absent; what follows without being a sequence is extensions.
  const revoked = fields[fields.findLastIndex((field) => field instanceof asn1.UTCTime) + 1];
  if (!(revoked instanceof asn1.Sequence)) return new Map();
  return new Map(
    membersOf(revoked).map((entry) => {
      const [serial, date] = membersOf(entry);
      // GeneralizedTime is a UTCTime in this library.
      if (!(serial instanceof asn1.Integer) || !(date instanceof asn1.UTCTime)) throw new Error('no revocation list');
      return [normal(Buffer.from(serial.valueBlock.valueHexView).toString('hex')), date.toDate().getTime()];
    }),
  );
}

function membersOf(element: asn1.AsnType | undefined): asn1.AsnType[] {
  if (!(element instanceof asn1.Sequence)) throw new Error('no revocation list');
  return element.valueBlock.value;
}

function normal(serial: string): string {
  return serial.toLowerCase().replace(/^0+/, '');
}
