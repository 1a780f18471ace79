import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { msp } from '@hyperledger/fabric-protos';
import { LedgerFault, messageOf } from '../errors.js';
import { filesIn, readCertificate } from './msp-folder.js';
import { signMessage } from './signature.js';

/** A peer's or the orderer's own identity and key. */
export class Signer {
  private constructor(
    readonly mspId: string,
    readonly serialized: Buffer,
    private readonly key: KeyObject,
  ) {}

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
      return new Signer(mspId, Buffer.from(identity.serializeBinary()), key);
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
