export {
  ReceiptJournalError,
  type ReceiptFault,
  ReceiptRefusedError,
  ReceiptSetAsideError,
  ServingError,
} from './errors.js';
export type { Pauses } from './forwarder.js';
export { readReceipt, receiptHeader } from './header.js';
export type { MiddlewareOptions, ServingMiddleware, ServingRequest } from './middleware.js';
export { type ReceiptTrust, requireReceipt } from './require.js';
export {
  createServing,
  type ExternalId,
  type IssuedReceipt,
  type LoadedFile,
  type ReceiptSalts,
  Serving,
  type ServingOptions,
} from './serving.js';
