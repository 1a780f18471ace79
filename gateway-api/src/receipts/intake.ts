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
    for (const [index, signed] of receipts.entries()) await this.requireOwn(signed, `/receipts/${index}`);
    const stored = await this.store.add(receipts);
    return { stored, known: receipts.length - stored };
  }

  /** One receipt a line, each for itself; the answers are in the order of the lines. */
  async *takeLines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Answered[]> {
    for await (const lines of linesOf(pieces, lineLimit)) {
      const read: { line: number; receipt: SignedReceipt | ProofwardError }[] = [];
      for (const line of lines) read.push({ line: line.number, receipt: await this.read(line) });
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

  private async read({ bytes }: Line): Promise<SignedReceipt | ProofwardError> {
    try {
      if (bytes === undefined) throw new ProofwardError('PAYLOAD_TOO_LARGE', `a line has ${lineLimit} bytes at most`);
      const signed = parseWith(signedReceiptSchema, parseBytes(bytes));
      await this.requireOwn(signed, '');
      return signed;
    } catch (error) {
      // What is not the line's fault ends the answer.
      if (error instanceof ProofwardError && error.status < 500) return error;
      throw error;
    }
  }

  private async requireOwn(signed: SignedReceipt, pointer: string): Promise<void> {
    const { site } = signed.receipt;
    if (site !== this.site) {
      throw new ProofwardError('RECEIPT_INVALID', `the receipt is of ${site}, and this is ${this.site}`, {
        pointer: `${pointer}/receipt/site`,
      });
    }
    await this.signers.require(signed, pointer);
  }
}

function refused({ code, message, pointer }: ProofwardError): Pick<Answered, 'outcome' | 'problem'> {
  return { outcome: 'refused', problem: { code, detail: message.slice(0, 512), ...(pointer ? { pointer } : {}) } };
}
