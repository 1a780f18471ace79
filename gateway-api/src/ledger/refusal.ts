import { status } from '@grpc/grpc-js';
import { GatewayError } from '@hyperledger/fabric-gateway';
import { ProofwardError } from '@proofward/evidence';
import { isUnreachable } from './connection.js';

/** Why a proposal was not endorsed. */
export type EndorseFailure =
  /** Chaincode refused it, at these organisations' peers. */
  | { kind: 'refused'; error: ProofwardError; by: readonly string[] }
  /** These organisations did not answer as they should; none named where Fabric does not say who. */
  | { kind: 'endorsers'; by: readonly string[] }
  /** The endorsers were not of one mind or of one height, or a member's peer did not take its copy: passing. */
  | { kind: 'passing' }
  | { kind: 'busy' }
  /** The ledger has no room on its disk, and took nothing. */
  | { kind: 'full' }
  | { kind: 'unreachable' };

/**
 * Reads Fabric's answer. Codes first; where Fabric has none, its phrases, all of which stand here.
 */
export function readEndorseFailure(error: GatewayError): EndorseFailure {
  if (isUnreachable(error)) return { kind: 'unreachable' };
  const refusals = error.details.flatMap(({ mspId, message }) => {
    const refusal = chaincodeError(message);
    return refusal === undefined ? [] : [{ mspId, refusal }];
  });
  const [first] = refusals;
  if (first !== undefined) return { kind: 'refused', error: first.refusal, by: refusals.map(({ mspId }) => mspId) };
  const said = [error.message, ...error.details.map(({ message }) => message)].join('\n');
  const refusal = chaincodeError(said);
  if (refusal !== undefined) return { kind: 'refused', error: refusal, by: [] };
  if (isFull(error)) return { kind: 'full' };
  if (said.includes('concurrency limit') || error.code === resourceExhausted) return { kind: 'busy' };
  if (passingPhrases.some((phrase) => said.includes(phrase))) return { kind: 'passing' };
  return {
    kind: 'endorsers',
    by: [...new Set(error.details.map(({ mspId }) => mspId).filter((mspId) => mspId !== ''))],
  };
}

const resourceExhausted: number = status.RESOURCE_EXHAUSTED;

/** Whether the ledger refused to take a transaction because its disk is full. */
export function isFull(error: unknown): boolean {
  return error instanceof GatewayError && error.code === resourceExhausted && error.message.includes('no space left');
}

export function fullError(cause: unknown): ProofwardError {
  return new ProofwardError('LEDGER_UNAVAILABLE', "the ledger's disk is full; nothing was submitted", { cause });
}

const passingPhrases = [
  'Failed disseminating',
  'ProposalResponsePayloads do not match',
  'private data matching public hash version is not available',
  'eligible peers',
];

/**
 * The error that chaincode gave, in Fabric's `chaincode response 500, {json}`. An endorser of another organisation can
 * put anything here, so what is not exactly an error of the table is nothing.
 */
export function chaincodeError(message: string): ProofwardError | undefined {
  const start = message.indexOf('{"code":');
  const end = message.lastIndexOf('}');
  return start === -1 || end < start ? undefined : ProofwardError.fromWire(message.slice(start, end + 1));
}

/** What a failed evaluation means for the caller. */
export function readEvaluateFailure(error: unknown): unknown {
  if (!(error instanceof GatewayError)) return error;
  const failure = readEndorseFailure(error);
  switch (failure.kind) {
    case 'refused':
      return failure.error;
    case 'busy':
      return new ProofwardError('BUSY', "the organisation's peer has too many requests", { cause: error });
    case 'full':
      return fullError(error);
    case 'passing':
      return new ProofwardError('PRIVATE_DATA_MISSING', "the organisation's peer does not have it yet", {
        cause: error,
      });
    case 'endorsers':
    case 'unreachable':
      return new ProofwardError('LEDGER_UNAVAILABLE', "the organisation's peer or its chaincode did not answer", {
        cause: error,
      });
  }
}
