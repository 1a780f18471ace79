/** Why the ledger could not start or go on. Each is one line to the operator: what, where, what to do. */
export type FaultCode =
  | 'USAGE'
  | 'NOT_FOUND'
  | 'CHAINCODE_FAILED'
  | 'TRANSACTION_FAILED'
  | 'CONFIG_INVALID'
  | 'DEFINITION_REFUSED'
  | 'FILE_UNREADABLE'
  | 'NOT_LOOPBACK'
  | 'PORT_IN_USE'
  | 'ALREADY_RUNNING'
  | 'DATA_TORN'
  | 'DATA_FOREIGN'
  | 'DISK_FULL'
  | 'DISK_FAILED';

export class LedgerFault extends Error {
  override readonly name = 'LedgerFault';

  constructor(
    readonly code: FaultCode,
    what: string,
    remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${what}; ${remedy}`, options);
  }
}

/** Turns a failed write into the fault that the operator can act on. */
export function diskFault(where: string, cause: unknown): LedgerFault {
  const code = errorCode(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT' || /no space left/i.test(messageOf(cause))) {
    return new LedgerFault(
      'DISK_FULL',
      `the disk is full at ${where}`,
      'free space and start the ledger again; nothing that was acknowledged is lost',
      { cause },
    );
  }
  return new LedgerFault(
    'DISK_FAILED',
    `cannot write ${where} (${messageOf(cause)})`,
    'check the disk and the permissions, then start the ledger again',
    { cause },
  );
}

export function errorCode(cause: unknown): string | undefined {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}

export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
