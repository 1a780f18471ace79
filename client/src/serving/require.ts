import { verify, X509Certificate } from 'node:crypto';
import { receiptBytes, type SignedReceipt, signedReceiptSchema, valueCommitment } from '@proofward/evidence';
import { type ReceiptFault, ReceiptRefusedError } from './errors.js';
import { type ReceiptSalts, sha256Hex } from './serving.js';

/** Whose receipts a consumer takes, and of what. */
export interface ReceiptTrust {
  channel: string;
  site: string;
  /** The site's signers, PEM. Their keys count, so that a renewal changes nothing. */
  certificates: readonly string[];
  endpoint?: string | undefined;
  /** The fingerprints of the versions that may answer, as their records have them; any where it is left out. */
  models?: readonly string[] | undefined;
  /** The request's bytes, to be sure that this is the answer to it. */
  input?: Uint8Array | undefined;
}

/**
 * Lets an output through that has a receipt which holds: signed by the site, about these very bytes.
 *
 * @param output the answer's bytes, without content coding
 * @throws ReceiptRefusedError for any other; the output is then not to be used
 */
export function requireReceipt(
  output: Uint8Array,
  receipt: SignedReceipt | undefined,
  salts: ReceiptSalts | undefined,
  trust: ReceiptTrust,
): SignedReceipt {
  if (receipt === undefined || salts === undefined) return refuse('missing', 'the output has no receipt');
  const parsed = signedReceiptSchema.safeParse(receipt);
  if (!parsed.success) return refuse('malformed', 'what goes with the output is not a receipt');
  const { receipt: said, signature, certificate } = parsed.data;
  if (said.site !== trust.site) return refuse('site', `the receipt is of ${said.site}`);
  if (trust.endpoint !== undefined && said.endpoint !== trust.endpoint) {
    return refuse('endpoint', `the receipt is of the endpoint ${said.endpoint}`);
  }
  const signer = readCertificate(certificate);
  const known = trust.certificates.some((pem) => new X509Certificate(pem).publicKey.equals(signer.publicKey));
  if (!known) return refuse('signer', 'the receipt is signed by none of the site’s signers');
  const bytes = receiptBytes(trust.channel, said);
  if (!verify('sha256', bytes, signer.publicKey, Buffer.from(signature, 'base64'))) {
    return refuse('signature', 'the signature is not over this receipt in this channel');
  }
  if (trust.models !== undefined && !trust.models.includes(said.model)) {
    return refuse('model', 'the output is of weights that are not among those expected');
  }
  if (valueCommitment('output', salts.output, sha256Hex(output)) !== said.output) {
    return refuse('output', 'the receipt is of another output');
  }
  const { input } = trust;
  if (input !== undefined && valueCommitment('input', salts.input, sha256Hex(input)) !== said.input) {
    return refuse('input', 'the receipt is of another input');
  }
  return parsed.data;
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    return refuse('malformed', 'the receipt has no certificate');
  }
}

function refuse(fault: ReceiptFault, reason: string): never {
  throw new ReceiptRefusedError(fault, reason);
}
