/** What can go wrong between org-configs and a running ledger; a caller tells the cases apart by code. */
export const networkErrorCodes = [
  'TOPOLOGY_INVALID',
  'STATE_MISMATCH',
  'STATE_LOCKED',
  'STATE_DAMAGED',
  'DISK_FULL',
  'DATABASE_UNAVAILABLE',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_FOREIGN',
  'BINARIES_MISSING',
  'BINARIES_UNSUPPORTED',
  'PORT_IN_USE',
  'PROCESS_FAILED',
  'PROCESS_UNKNOWN',
  'COMMAND_FAILED',
  'NOT_READY',
  'CHAINCODE_MISSING',
] as const;
export type NetworkErrorCode = (typeof networkErrorCodes)[number];

/** One failure, told in one line: what happened, and after a semicolon what to do about it. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
  readonly code: NetworkErrorCode;

  constructor(code: NetworkErrorCode, what: string, remedy?: string, options?: ErrorOptions) {
    super(remedy === undefined ? what : `${what}; ${remedy}`, options);
    this.code = code;
  }
}
