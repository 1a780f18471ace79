import { EndorseError, GatewayError } from '@hyperledger/fabric-gateway';

/** What a failed call tells its client. */
export interface Failure {
  readonly code: number;
  readonly message: string;
  readonly details: readonly { address: string; mspId: string; message: string }[];
  readonly isEndorseError: boolean;
}

export async function failureOf(call: Promise<unknown>): Promise<Failure> {
  try {
    await call;
  } catch (cause) {
    if (cause instanceof GatewayError) {
      return {
        code: cause.code,
        message: cause.message,
        details: cause.details.map(({ address, mspId, message }) => ({ address, mspId, message })),
        isEndorseError: cause instanceof EndorseError,
      };
    }
    throw cause;
  }
  throw new Error('the call did not fail');
}
