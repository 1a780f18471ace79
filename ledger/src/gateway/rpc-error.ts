import { Metadata, type ServiceError, status as Status } from '@grpc/grpc-js';
import { gateway, google } from '@hyperledger/fabric-protos';
import anyMessage from 'google-protobuf/google/protobuf/any_pb.js';
import { NotServed } from '../endorser/system/answers.js';
import { messageOf } from '../errors.js';

export interface Detail {
  readonly address: string;
  readonly mspId: string;
  readonly message: string;
}

/** An error as gRPC carries it, with which peer said what, in the form that gateway clients read. */
export class RpcError extends Error implements ServiceError {
  override readonly name = 'RpcError';
  readonly metadata = new Metadata();
  readonly details: string;

  constructor(
    readonly code: Status,
    message: string,
    details: readonly Detail[] = [],
  ) {
    super(message);
    this.details = message;
    // A blank at an end is sent as it is by Go, and a client whose HTTP/2 is strict then knows no message; grpc-js hides it.
    if (/^ | $/.test(message)) this.metadata.set('grpc-message', percentEncoded(message));
    if (details.length > 0) this.metadata.set('grpc-status-details-bin', statusBytes(code, message, details));
  }
}

export function toRpcError(cause: unknown): RpcError {
  if (cause instanceof RpcError) return cause;
  return new RpcError(cause instanceof NotServed ? Status.UNIMPLEMENTED : Status.UNKNOWN, messageOf(cause));
}

/** As Go's gRPC writes messages: printable ASCII as it is, but for `%`. */
function percentEncoded(message: string): string {
  return Array.from(Buffer.from(message), (byte) =>
    byte >= 0x20 && byte <= 0x7e && byte !== 0x25
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('');
}

function statusBytes(code: Status, message: string, details: readonly Detail[]): Buffer {
  const status = new google.rpc.Status();
  status.setCode(code);
  status.setMessage(message);
  status.setDetailsList(
    details.map((detail) => {
      const packed = new gateway.ErrorDetail();
      packed.setAddress(detail.address);
      packed.setMspId(detail.mspId);
      packed.setMessage(detail.message);
      const any = new anyMessage.Any();
      any.pack(packed.serializeBinary(), 'gateway.ErrorDetail');
      return any;
    }),
  );
  return Buffer.from(status.serializeBinary());
}
