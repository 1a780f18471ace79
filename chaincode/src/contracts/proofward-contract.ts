import { type Context, Contract } from 'fabric-contract-api';
import { ProofwardError } from '@proofward/evidence';

/** Far more than a header and its references; what is larger is not looked into. */
const maximalArgument = 1024 * 1024;

const transactionsOf = 'fabric:transactions';

/**
 * For a transaction that a contract has beside those of its base, under the library's own decorators: they keep a class's
 * transactions in a list that it shares with its base, so that all other contracts of that base would have it too.
 */
export const ownTransaction: MethodDecorator = (contract) => {
  const shared = Reflect.getMetadata(transactionsOf, contract) as unknown[] | undefined;
  Reflect.defineMetadata(transactionsOf, [...(shared ?? [])], contract);
};

/**
 * A contract whose errors have a code. Fabric hands a client nothing but a message, so the message is the error as JSON.
 * What is not in the table is a bug: its text could quote private input, so it does not leave this process.
 */
export abstract class ProofwardContract extends Contract {
  override aroundTransaction(ctx: Context, fn: never, parameters: unknown): Promise<void> {
    // The promise is of the transaction's result, for which the library's types say void.
    return this.perform(ctx, fn, parameters as string[]).catch((cause: unknown) => {
      const known = cause instanceof ProofwardError ? cause : new ProofwardError('INTERNAL', 'the chaincode failed');
      throw new Error(known.toWire(), { cause });
    });
  }

  private async perform(ctx: Context, fn: never, parameters: string[]): Promise<void> {
    if (parameters.some((parameter) => parameter.length > maximalArgument)) {
      throw new ProofwardError('PAYLOAD_TOO_LARGE', `an argument is longer than ${maximalArgument} characters`);
    }
    return super.aroundTransaction(ctx, fn, parameters);
  }
}
