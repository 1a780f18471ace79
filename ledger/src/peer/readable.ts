import type { ServiceDefinition } from '@grpc/grpc-js';
import { status as Status } from '@grpc/grpc-js';
import { whyUnreadable } from '../encoding/message.js';
import { RpcError } from '../gateway/rpc-error.js';

/** Stands for a request whose bytes are no message. */
class Unreadable {
  constructor(readonly why: string) {}
}

/**
 * The same service, whose methods get a request that cannot be read as an Unreadable: grpc-js would answer it in words of its
 * own, and has no way to change them.
 */
export function tellingUnreadable<Service extends ServiceDefinition>(service: Service): Service {
  const methods = Object.entries(service).map(([name, method]) => {
    const requestDeserialize = (bytes: Buffer): unknown => {
      try {
        return method.requestDeserialize(bytes) as unknown;
      } catch (cause) {
        return new Unreadable(whyUnreadable(cause));
      }
    };
    return [name, { ...method, requestDeserialize }];
  });
  return Object.fromEntries(methods) as Service;
}

/** Throws as Go's gRPC does, which words it otherwise for a request that is alone than for one on a stream. */
export function requireReadable(request: unknown, kind: 'unary' | 'stream'): void {
  if (!(request instanceof Unreadable)) return;
  const what = kind === 'unary' ? 'error unmarshalling request' : 'failed to unmarshal the received message';
  throw new RpcError(Status.INTERNAL, `grpc: ${what}: ${request.why}`);
}
