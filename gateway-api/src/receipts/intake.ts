import { parseWith, ProofwardError, type SignedReceipt, signedReceiptSchema } from '@proofward/evidence';
import type { AnswerBody } from '../answers.js';
import { type Line, linesOf, parseBytes } from '../routes/body.js';
import type { ReceiptSigners } from './signers.js';
import type { ReceiptStore } from './store.js';

type Answered = AnswerBody<'ReceiptTaken'>;

/** A signed receipt has 9 KiB at most, and what a sender writes between its members. */
const lineLimit = 16 * 1024;

/** What a site takes in of its serving processes. */
export class ReceiptIntake {
  constructor(
    private readonly site: string,
    private readonly signers: ReceiptSigners,
    private readonly store: ReceiptStore,
  ) {}

  /**
   * All or none of them.
   *
   * @throws ProofwardError RECEIPT_INVALID, RECEIPT_AHEAD, SEQUENCE_REPEATED
   */
  async take(receipts: readonly SignedReceipt[]): Promise<{ stored: number; known: number }> {
    for (const [index, signed] of receipts.entries()) this.requireSigned(signed, `/receipts/${index}`);
    const stored = await this.store.add(receipts);
    return { stored, known: receipts.length - stored };
  }

  /** One receipt a line, each for itself; the answers are in the order of the lines. */
  async *takeLines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Answered[]> {
    for await (const lines of linesOf(pieces, lineLimit)) {
      const read = lines.map((line) => ({ line: line.number, receipt: this.read(line) }));
      const outcomes = await this.store.addEach(
        read.flatMap(({ receipt }) => (receipt instanceof ProofwardError ? [] : [receipt])),
      );
      yield read.map(({ line, receipt }) => {
        if (receipt instanceof ProofwardError) return { line, ...refused(receipt) };
        const outcome = outcomes.shift() ?? 'known';
        const { id } = receipt.receipt;
        return { line, id, ...(outcome instanceof ProofwardError ? refused(outcome) : { outcome }) };
      });
    }
  }

  private read({ bytes }: Line): SignedReceipt | ProofwardError {
    try {
      if (bytes === undefined) throw new ProofwardError('PAYLOAD_TOO_LARGE', `a line has ${lineLimit} bytes at most`);
      const signed = parseWith(signedReceiptSchema, parseBytes(bytes));
      this.requireSigned(signed, '');
      return signed;
    } catch (error) {
      if (error instanceof ProofwardError) return error;
      throw error;
    }
  }

  private requireSigned(signed: SignedReceipt, pointer: string): void {
    if (signed.receipt.site === this.site && this.signers.isSigned(signed)) return;
    throw new ProofwardError('RECEIPT_INVALID', `not signed for ${this.site} by one of its identities`, { pointer });
  }
}

function refused({ code, message, pointer }: ProofwardError): Pick<Answered, 'outcome' | 'problem'> {
  return { outcome: 'refused', problem: { code, detail: message.slice(0, 512), ...(pointer ? { pointer } : {}) } };
}
