import { readFileSync } from 'node:fs';
import {
  bytesToHex,
  externalReference,
  hexToBytes,
  proveReceipt,
  receiptBytes,
  receiptLeaf,
  receiptSchema,
  receiptsRoot,
  referenceKey,
  valueCommitment,
} from '@proofward/evidence';
import { channel, commitmentKey } from './inputs.mjs';

const hex = (pair, bytes = 32) => pair.repeat(bytes);
/** ECDSA signatures are not reproducible, so those of the vector are kept with its key: made once by OpenSSL. */
const { publicKey, signatures } = JSON.parse(readFileSync(new URL('receipt-signatures.json', import.meta.url), 'utf8'));

/** Three receipts of an endpoint, their commitments, and the tree over them. */
export function receiptVector() {
  const key = referenceKey(hexToBytes(commitmentKey));
  const external = { system: 'urn:accession', id: 'A-1093' };
  const reference = externalReference(key, external.system, external.id);
  const value = (of, salt, digest) => ({ salt, digest, commitment: valueCommitment(of, salt, digest) });
  const values = { input: value('input', hex('51'), hex('52')), output: value('output', hex('53'), hex('54')) };
  const receipts = [1, 2, 3].map((sequence) =>
    receiptSchema.parse({
      schema: 1,
      id: hex(`0${sequence}`, 16),
      site: 'hungarian',
      endpoint: 'triage',
      sequence,
      at: `2026-02-11T06:00:0${sequence}.000Z`,
      model: hex('ba'),
      input: values.input.commitment,
      output: values.output.commitment,
      ...(sequence === 2 && { reference }),
    }),
  );
  return {
    channel,
    commitmentKey,
    referenceKey: bytesToHex(key),
    external: { ...external, reference },
    values,
    publicKey,
    receipts: receipts.map((receipt, index) => ({
      receipt,
      bytes: new TextDecoder().decode(receiptBytes(channel, receipt)),
      leaf: bytesToHex(receiptLeaf(channel, receipt)),
      signature: signatures[index],
      path: proveReceipt(channel, receipts, index).path,
    })),
    batch: { endpoint: 'triage', first: 1, last: 3, count: 3, root: receiptsRoot(channel, receipts) },
  };
}
