import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { msp } from '@hyperledger/fabric-protos';
import { LedgerFault, messageOf } from '../errors.js';
import { certificateKey } from './identity.js';
import { filesIn, readCertificate } from './msp-folder.js';
import { signMessage, verifySignature } from './signature.js';
import { VerifiedSignatures } from './verified-signatures.js';

/** A peer's or the orderer's own identity and key. */
export class Signer {
  /** Whether this process would accept a signature of this key: it does not know every curve. */
  private readonly isAccepted: boolean;
  private readonly certificateKey: string;

  private constructor(
    readonly mspId: string,
    readonly serialized: Buffer,
    private readonly key: KeyObject,
    certificate: X509Certificate,
  ) {
    this.certificateKey = certificateKey(mspId, certificate);
    this.isAccepted = verifySignature(certificate.publicKey, serialized, signMessage(key, serialized));
  }

  static read(mspPath: string, mspId: string): Signer {
    const certificateFile = filesIn(join(mspPath, 'signcerts'))[0];
    if (certificateFile === undefined) {
      throw new LedgerFault(
        'FILE_UNREADABLE',
        `no certificate in ${join(mspPath, 'signcerts')}`,
        `enrol the node of ${mspId} and put its certificate there`,
      );
    }
    const certificate = readCertificate(certificateFile);
    for (const keyFile of filesIn(join(mspPath, 'keystore'))) {
      const key = readKey(keyFile);
      if (!certificate.checkPrivateKey(key)) continue;
      const identity = new msp.SerializedIdentity();
      identity.setMspid(mspId);
      identity.setIdBytes(readFileSync(certificateFile));
      return new Signer(mspId, Buffer.from(identity.serializeBinary()), key, certificate);
    }
    throw new LedgerFault(
      'FILE_UNREADABLE',
      `no key in ${join(mspPath, 'keystore')} belongs to ${certificateFile}`,
      'put the private key of that certificate there',
    );
  }

  sign(message: Uint8Array): Buffer {
    return signMessage(this.key, message);
  }

  /** For what this process will verify itself: that a signature made here holds need not be found out again. */
  signRemembered(message: Uint8Array): Buffer {
    const signature = this.sign(message);
    if (this.isAccepted) VerifiedSignatures.add(VerifiedSignatures.digest(this.certificateKey, message, signature));
    return signature;
  }
}

function readKey(path: string): KeyObject {
  try {
    return createPrivateKey(readFileSync(path));
  } catch (cause) {
    throw new LedgerFault(
      'FILE_UNREADABLE',
      `cannot read the private key ${path} (${messageOf(cause)})`,
      'give an unencrypted PEM key',
      { cause },
    );
  }
}
