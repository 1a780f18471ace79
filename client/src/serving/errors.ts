/** A serving process that cannot make receipts as it was set up, or a request that it cannot make one of. */
export class ServingError extends Error {
  override readonly name = 'ServingError';

  constructor(
    reason: string,
    /** What Express answers where it was a request's: 400, 413, 415 or 500. */
    readonly status = 500,
    options?: ErrorOptions,
  ) {
    super(reason, options);
  }

  /** Express shows the message of what was the caller's fault, and of nothing else. */
  get expose(): boolean {
    return this.status < 500;
  }
}

/** A journal that is another one's, is held by another process, or has lost lines. The message names the file. */
export class ReceiptJournalError extends Error {
  override readonly name = 'ReceiptJournalError';

  constructor(
    readonly path: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${reason}`, options);
  }
}

/** A receipt that no gateway will ever take was put into a file of its own, so that those after it can be handed in. */
export class ReceiptSetAsideError extends Error {
  override readonly name = 'ReceiptSetAsideError';

  constructor(
    readonly path: string,
    readonly sequence: number,
    options: ErrorOptions,
  ) {
    super(`${path}: the receipt ${sequence} was set aside; its number will be declared missing`, options);
  }
}

export type ReceiptFault =
  'missing' | 'malformed' | 'signature' | 'signer' | 'site' | 'endpoint' | 'model' | 'input' | 'output';

/** An output that is not to be used: it has no receipt, or one that does not hold. */
export class ReceiptRefusedError extends Error {
  override readonly name = 'ReceiptRefusedError';

  constructor(
    readonly fault: ReceiptFault,
    reason: string,
  ) {
    super(reason);
  }
}
