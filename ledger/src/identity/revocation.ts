import 'reflect-metadata';
import type { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { LedgerFault, messageOf } from '../errors.js';
import { filesIn } from './msp-folder.js';
import { revokedSerials } from './revoked-serials.js';

interface RevocationList {
  readonly signedBy: string | undefined;
  readonly serials: ReadonlySet<string>;
}

/** The revoked certificates of one organisation, from the CRLs in its MSP folder. */
export class Revocations {
  private constructor(private readonly lists: readonly RevocationList[]) {}

  static readonly none = new Revocations([]);

  /** Changes when the files do. */
  static stamp(mspPath: string): string {
    return filesIn(join(mspPath, 'crls'))
      .map((file) => {
        const { mtimeMs, size } = statSync(file);
        return `${file}:${mtimeMs}:${size}`;
      })
      .join('\n');
  }

  static async read(mspPath: string, authorities: readonly X509Certificate[]): Promise<Revocations> {
    const lists: RevocationList[] = [];
    for (const file of filesIn(join(mspPath, 'crls'))) lists.push(await readList(file, authorities));
    return new Revocations(lists);
  }

  /**
   * The reason why `serial`, issued by `issuer`, is not accepted. As in Fabric, a CRL that does not say which key signed
   * it disables the whole organisation: it cannot be told whom it revokes.
   */
  reasonAgainst(serial: string, issuer: X509Certificate): string | undefined {
    for (const list of this.lists) {
      if (list.signedBy === undefined) return 'could not obtain Authority Key Identifier for crl';
      if (list.signedBy === issuer.fingerprint256 && list.serials.has(normal(serial)))
        return 'The certificate has been revoked';
    }
    return undefined;
  }
}

async function readList(file: string, authorities: readonly X509Certificate[]): Promise<RevocationList> {
  let crl: x509.X509Crl;
  let serials: Set<string>;
  try {
    crl = new x509.X509Crl(readFileSync(file));
    serials = new Set(revokedSerials(new Uint8Array(crl.rawData)).map(normal));
  } catch (cause) {
    throw new LedgerFault(
      'FILE_UNREADABLE',
      `cannot read the revocation list ${file} (${messageOf(cause)})`,
      'give a CRL in PEM or DER form',
      { cause },
    );
  }
  const keyId = crl.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId;
  if (keyId === undefined) return { signedBy: undefined, serials };
  for (const authority of authorities) {
    const certificate = new x509.X509Certificate(authority.raw);
    const subjectKey = certificate.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
    if (subjectKey?.toLowerCase() !== keyId.toLowerCase()) continue;
    if (await crl.verify({ publicKey: certificate.publicKey })) return { signedBy: authority.fingerprint256, serials };
  }
  // Somebody else's list, or a forged one: it revokes nothing here.
  return { signedBy: '', serials: new Set() };
}

function normal(serial: string): string {
  return serial.toLowerCase().replace(/^0+/, '');
}
