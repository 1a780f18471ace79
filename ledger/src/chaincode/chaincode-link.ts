import { connect } from 'node:net';
import { ChannelCredentials, type ClientDuplexStream } from '@grpc/grpc-js';
import { peer } from '@hyperledger/fabric-protos';
import type { ChaincodeDefinition, Definitions } from '../definition/chaincode.js';
import { decode, nameOf } from '../encoding/message.js';
import { messageOf } from '../errors.js';
import type { Log } from '../log.js';
import { Requests } from './requests.js';
import { TransactionContext, type TransactionScope } from './transaction-context.js';

const { Type } = peer.ChaincodeMessage;
type Stream = ClientDuplexStream<peer.ChaincodeMessage, peer.ChaincodeMessage>;

const DIAL_TIMEOUT_MS = 3000;
/** `chaincode.startuptimeout` of Fabric's own core.yaml: a slow machine starts a Java chaincode for long. */
const REGISTER_TIMEOUT_MS = 300_000;
/** Answers that a chaincode has asked for and not read; with more of them nothing more is read of it. */
const MOST_UNREAD = 1000;
const STREAM_TERMINATED = 'chaincode stream terminated';
const EXECUTION_TIMEOUT = 'timeout expired while executing transaction';

export class ChaincodeError extends Error {
  override readonly name = 'ChaincodeError';
}

interface Execution {
  readonly context: TransactionContext;
  /** Set while a request of the chaincode is being answered; a second one at the same time is dropped, as in Fabric. */
  busy: boolean;
  readonly finish: (message: peer.ChaincodeMessage) => void;
  readonly fail: (error: ChaincodeError) => void;
}

interface Connected {
  readonly client: peer.ChaincodeClient;
  readonly stream: Stream;
}

/** One organisation's connection to its server of one chaincode: dialled when first needed, and again when it broke. */
export class ChaincodeLink {
  private connecting: Promise<Connected> | undefined;
  private readonly executions = new Map<string, Execution>();
  private retired = false;
  private ended = false;

  constructor(
    private readonly definition: ChaincodeDefinition,
    private readonly address: string,
    private readonly definitions: Definitions,
    private readonly requests: Requests,
    private readonly executionTimeoutMs: number,
    private readonly log: Log,
  ) {}

  async execute(scope: TransactionScope, input: peer.ChaincodeInput): Promise<peer.ChaincodeMessage> {
    const { stream } = await this.connect();
    const id = scope.transactionId;
    if (this.executions.has(id)) throw new ChaincodeError(`error sending: txid: ${id}(${scope.channel}) exists`);
    const context = new TransactionContext(scope, this.definition.name, this.definitions);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<peer.ChaincodeMessage>((finish, fail) => {
        this.executions.set(id, { context, busy: false, finish, fail });
        timer = setTimeout(() => {
          fail(new ChaincodeError(`error sending: ${EXECUTION_TIMEOUT}`));
        }, this.executionTimeoutMs);
        stream.write(transactionMessage(scope, input));
      });
    } finally {
      clearTimeout(timer);
      this.executions.delete(id);
      if (this.retired && this.executions.size === 0) this.disconnect();
      await context.close();
    }
  }

  private get id(): string {
    return this.definition.packageId ?? `${this.definition.name}:${this.definition.version}`;
  }

  serves({ packageId, version }: ChaincodeDefinition, address: string): boolean {
    return this.address === address && this.definition.packageId === packageId && this.definition.version === version;
  }

  /** Ends when what runs on it is done. */
  retire(): void {
    this.retired = true;
    if (this.executions.size === 0) this.disconnect();
  }

  /** Ends at once, and for good: what is on its way does not dial again. */
  close(): void {
    this.ended = true;
    this.disconnect();
  }

  private disconnect(): void {
    const connecting = this.connecting;
    this.connecting = undefined;
    connecting?.then(
      ({ client, stream }) => {
        stream.cancel();
        client.close();
      },
      () => undefined,
    );
  }

  private async connect(): Promise<Connected> {
    if (this.ended) throw new ChaincodeError(`error sending: ${STREAM_TERMINATED}`);
    const attempt = (this.connecting ??= this.dial());
    try {
      return await attempt;
    } catch (cause) {
      if (this.connecting === attempt) this.connecting = undefined;
      throw cause;
    }
  }

  private async dial(): Promise<Connected> {
    const id = this.id;
    await this.requireListener();
    const client = new peer.ChaincodeClient(this.address, ChannelCredentials.createInsecure(), {
      'grpc.max_receive_message_length': 100 * 1024 * 1024,
      'grpc.max_send_message_length': 100 * 1024 * 1024,
      'grpc.enable_channelz': 0,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 500,
      // Every link has a connection of its own, or one that is shared would hand a broken state to the next attempt.
      'grpc.use_local_subchannel_pool': 1,
    });
    try {
      await new Promise<void>((resolve, reject) => {
        client.waitForReady(Date.now() + DIAL_TIMEOUT_MS, (error) => {
          if (error === undefined) resolve();
          else reject(error);
        });
      });
    } catch (cause) {
      client.close();
      throw this.unreachable(messageOf(cause));
    }
    try {
      const stream = await this.register(client.connect());
      this.log.info({ chaincode: this.definition.name, address: this.address }, 'chaincode registered');
      return { client, stream };
    } catch (cause) {
      client.close();
      throw new ChaincodeError(`could not launch chaincode ${id}: chaincode registration failed: ${messageOf(cause)}`, {
        cause,
      });
    }
  }

  /** Where nobody listens there is nothing to wait for. */
  private async requireListener(): Promise<void> {
    const refused = await new Promise<boolean>((resolve) => {
      const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(this.address) ?? [];
      const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port: Number(port), timeout: DIAL_TIMEOUT_MS });
      const end = (answer: boolean): void => {
        socket.destroy();
        resolve(answer);
      };
      socket.once('connect', () => {
        end(false);
      });
      socket.once('timeout', () => {
        end(false);
      });
      socket.once('error', (error: NodeJS.ErrnoException) => {
        end(error.code === 'ECONNREFUSED');
      });
    });
    if (refused)
      throw this.unreachable(
        `connection error: desc = "transport: error while dialing: dial tcp ${this.address}: connect: connection refused"`,
      );
  }

  private unreachable(why: string): ChaincodeError {
    const { id } = this;
    return new ChaincodeError(
      `could not launch chaincode ${id}: connection to ${id} failed: error cannot create connection for ${id}: error creating grpc connection to ${this.address}: failed to create new connection: ${why}`,
    );
  }

  private async register(stream: Stream): Promise<Stream> {
    return new Promise((resolve, reject) => {
      let ready = false;
      const timer = setTimeout(() => {
        end(`timeout expired while starting chaincode ${this.id}`);
      }, REGISTER_TIMEOUT_MS);
      const end = (reason: string): void => {
        clearTimeout(timer);
        stream.cancel();
        if (ready) this.broken(stream, reason);
        else reject(new ChaincodeError(reason));
      };
      stream.on('data', (message: peer.ChaincodeMessage) => {
        if (!ready) {
          const problem = this.acceptRegistration(stream, message);
          if (problem !== undefined) {
            end(problem);
            return;
          }
          ready = true;
          clearTimeout(timer);
          resolve(stream);
          return;
        }
        const problem = this.receive(stream, message);
        if (problem !== undefined) end(problem);
      });
      stream.on('error', (error) => {
        end(error.message);
      });
      stream.on('end', () => {
        end('the chaincode ended the stream');
      });
    });
  }

  private acceptRegistration(stream: Stream, message: peer.ChaincodeMessage): string | undefined {
    if (message.getType() !== Type.REGISTER) {
      return `[${message.getTxid()}] Fabric side handler cannot handle message (${typeName(message)}) while in created state`;
    }
    let name: string;
    try {
      name = decode(peer.ChaincodeID, message.getPayload_asU8(), 'ChaincodeID').getName();
    } catch (cause) {
      return `error in received REGISTER: ${messageOf(cause)}`;
    }
    const { packageId } = this.definition;
    if (packageId !== undefined && name !== packageId)
      return `the server at ${this.address} registered as '${name}', not as ${packageId}`;
    stream.write(ofType(Type.REGISTERED));
    const parameters = new peer.ChaincodeAdditionalParams();
    parameters.setUseWriteBatch(true);
    parameters.setMaxSizeWriteBatch(1000);
    parameters.setUseGetMultipleKeys(true);
    parameters.setMaxSizeGetMultipleKeys(1000);
    const readyMessage = ofType(Type.READY);
    readyMessage.setPayload(parameters.serializeBinary());
    stream.write(readyMessage);
    return undefined;
  }

  /** The reason to end the stream, when the chaincode sends what it must not. */
  private receive(stream: Stream, message: peer.ChaincodeMessage): string | undefined {
    const type = message.getType();
    if (type === Type.KEEPALIVE) return undefined;
    const execution = this.executionOf(message);
    if (type === Type.COMPLETED || type === Type.ERROR) {
      execution?.finish(message);
      return undefined;
    }
    if (!Requests.handles(type)) {
      return `error handling message, ending stream: [${message.getTxid()}] Fabric side handler cannot handle message (${typeName(message)}) while in ready state`;
    }
    void this.answer(stream, message, execution);
    return undefined;
  }

  /** The transaction that a message names by its channel and id. */
  private executionOf(message: peer.ChaincodeMessage): Execution | undefined {
    const execution = this.executions.get(message.getTxid());
    return execution?.context.scope.channel === message.getChannelId() ? execution : undefined;
  }

  private async answer(
    stream: Stream,
    message: peer.ChaincodeMessage,
    execution: Execution | undefined,
  ): Promise<void> {
    if (execution?.busy === true) {
      this.log.warn(
        { chaincode: this.definition.name, transactionId: message.getTxid() },
        'another request of this transaction is pending: dropped',
      );
      return;
    }
    const answer = new peer.ChaincodeMessage();
    answer.setTxid(message.getTxid());
    answer.setChannelId(message.getChannelId());
    try {
      if (execution === undefined)
        throw new ChaincodeError(
          message.getType() === Type.INVOKE_CHAINCODE ? 'could not get valid transaction' : 'no ledger context',
        );
      execution.busy = true;
      answer.setPayload(await this.requests.answer(message, execution.context));
      answer.setType(Type.RESPONSE);
    } catch (cause) {
      answer.setType(Type.ERROR);
      answer.setPayload(
        Buffer.from(`${typeName(message)} failed: transaction ID: ${message.getTxid()}: ${messageOf(cause)}`),
      );
    }
    if (execution !== undefined) execution.busy = false;
    stream.write(answer);
    if (stream.writableLength <= MOST_UNREAD || stream.isPaused()) return;
    stream.pause();
    stream.once('drain', () => stream.resume());
  }

  private broken(stream: Stream, reason: string): void {
    const connected = this.connecting;
    this.connecting = undefined;
    connected?.then(
      ({ client }) => {
        client.close();
      },
      () => undefined,
    );
    stream.removeAllListeners('data');
    this.log.warn({ chaincode: this.definition.name, address: this.address, reason }, 'chaincode stream ended');
    for (const execution of this.executions.values())
      execution.fail(new ChaincodeError(`error sending: ${STREAM_TERMINATED}`));
  }
}

function transactionMessage(scope: TransactionScope, input: peer.ChaincodeInput): peer.ChaincodeMessage {
  const message = ofType(Type.TRANSACTION);
  // Decorations are its peer's to make, and none makes any: those of a client do not reach a chaincode.
  input.clearDecorationsMap();
  message.setPayload(input.serializeBinary());
  message.setTxid(scope.transactionId);
  message.setChannelId(scope.channel);
  message.setProposal(scope.proposal);
  return message;
}

function ofType(type: peer.ChaincodeMessage.TypeMap[keyof peer.ChaincodeMessage.TypeMap]): peer.ChaincodeMessage {
  const message = new peer.ChaincodeMessage();
  message.setType(type);
  return message;
}

function typeName(message: peer.ChaincodeMessage): string {
  return nameOf(Type, message.getType());
}
