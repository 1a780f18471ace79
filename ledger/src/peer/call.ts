import {
  status as Status,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { RpcError, toRpcError } from '../gateway/rpc-error.js';
import { requireReadable } from './readable.js';

interface Cancellable {
  on(event: 'cancelled', listener: () => void): unknown;
}

interface Writable<T> {
  readonly writable: boolean;
  write(message: T): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

const CANCELLED = 'cancelled';

/** Bounds the calls that a service works on at once, as a peer does: more are refused, not queued. */
export class CallLimit {
  private running = 0;

  constructor(
    private readonly service: string,
    private readonly most: number,
  ) {}

  /** For a service that Fabric does not bound. */
  static none(service: string): CallLimit {
    return new CallLimit(service, Number.POSITIVE_INFINITY);
  }

  async within<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.most)
      throw new RpcError(
        Status.UNKNOWN,
        `too many requests for /${this.service}, exceeding concurrency limit (${this.most})`,
      );
    this.running++;
    try {
      return await work();
    } finally {
      this.running--;
    }
  }
}

export function unary<Request, Response>(
  limit: CallLimit,
  handle: (request: Request, cancelled: AbortSignal) => Promise<Response>,
): (call: ServerUnaryCall<Request, Response>, answer: sendUnaryData<Response>) => void {
  return (call, answer) => {
    const cancelled = cancellation(call);
    limit
      .within(async () => {
        requireReadable(call.request, 'unary');
        return handle(call.request, cancelled);
      })
      .then(
        (response) => {
          answer(null, response);
        },
        (cause: unknown) => {
          answer(toRpcError(cause));
        },
      );
  };
}

export function serverStream<Request, Response>(
  limit: CallLimit,
  handle: (request: Request, cancelled: AbortSignal) => AsyncIterable<Response>,
): (call: ServerWritableStream<Request, Response>) => void {
  return (call) => {
    const cancelled = cancellation(call);
    limit
      .within(async () => {
        requireReadable(call.request, 'stream');
        await pump(handle(call.request, cancelled), call, cancelled);
      })
      .then(
        () => {
          call.end();
        },
        (cause: unknown) => {
          call.emit('error', toRpcError(cause));
        },
      );
  };
}

/** One request after the other on a stream, each answered by several messages, up to one that is the last. */
export function exchange<Request, Response>(
  limit: CallLimit,
  handle: (request: Request, cancelled: AbortSignal) => AsyncIterable<Response>,
  isLast: (response: Response) => boolean,
): (call: ServerDuplexStream<Request, Response>) => void {
  return (call) => {
    const cancelled = cancellation(call);
    limit
      .within(async () => {
        // To stop listening must not destroy the stream, whose end the client is still to be told.
        const requests: AsyncIterable<Request> = call.iterator({ destroyOnReturn: false });
        for await (const request of requests) {
          requireReadable(request, 'stream');
          if (await pump(handle(request, cancelled), call, cancelled, isLast)) return;
        }
      })
      .then(
        () => {
          call.end();
        },
        (cause: unknown) => {
          if (!cancelled.aborted) call.emit('error', toRpcError(cause));
        },
      );
  };
}

function cancellation(call: Cancellable): AbortSignal {
  const controller = new AbortController();
  call.on('cancelled', () => {
    // With a reason of its own, or each call would make an exception that nobody looks at.
    controller.abort(CANCELLED);
  });
  return controller.signal;
}

/**
 * A reader that is slow is waited for; what it has not read is not read from the disk either. True when nothing more is
 * to be sent.
 */
async function pump<T>(
  messages: AsyncIterable<T>,
  to: Writable<T>,
  cancelled: AbortSignal,
  isLast: (message: T) => boolean = () => false,
): Promise<boolean> {
  for await (const message of messages) {
    if (cancelled.aborted) return true;
    const ready = to.write(message);
    if (isLast(message)) return true;
    if (ready) continue;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        cancelled.removeEventListener('abort', done);
        resolve();
      };
      to.once('drain', done);
      cancelled.addEventListener('abort', done);
    });
  }
  return cancelled.aborted;
}
