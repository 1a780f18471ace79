import { peer } from '@hyperledger/fabric-protos';
import { type Definitions, LEGACY_LIFECYCLE } from '../definition/chaincode.js';
import { whyUnreadable } from '../encoding/message.js';
import { messageOf } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import type { Log } from '../log.js';
import { ChaincodeError, ChaincodeLink } from './chaincode-link.js';
import { type History, Requests } from './requests.js';
import type { TransactionScope } from './transaction-context.js';

const { Type } = peer.ChaincodeMessage;

const ERROR_THRESHOLD = 400;

/** The peer's own chaincodes, as far as another chaincode may call them. */
export interface CalledSystem {
  serves(name: string): boolean;
  execute(
    name: string,
    input: peer.ChaincodeInput,
    caller: { creator: Identity; channel: string; transactionId: string; from: string },
  ): Promise<peer.Response>;
}

export interface Executed {
  readonly response: peer.Response;
  readonly event: peer.ChaincodeEvent | undefined;
}

/** The chaincodes that one organisation runs. */
export class Chaincodes {
  private readonly links = new Map<string, ChaincodeLink>();
  private readonly requests: Requests;

  constructor(
    private readonly mspId: string,
    private readonly definitions: Definitions,
    history: History,
    private readonly executionTimeoutMs: number,
    private readonly system: CalledSystem,
    private readonly log: Log,
  ) {
    this.requests = new Requests(history, (scope, name, input) => this.invoke(scope, name, input));
    this.follow();
  }

  /** Links to the servers that the definitions name now; what runs on others is let finish. */
  follow(): void {
    const stale = new Map(this.links);
    for (const definition of this.definitions.all()) {
      const address = definition.endpoints.get(this.mspId);
      if (address === undefined) continue;
      if (stale.get(definition.name)?.serves(definition, address) === true) {
        stale.delete(definition.name);
        continue;
      }
      this.links.set(
        definition.name,
        new ChaincodeLink(definition, address, this.definitions, this.requests, this.executionTimeoutMs, this.log),
      );
    }
    for (const [name, link] of stale) {
      if (this.links.get(name) === link) this.links.delete(name);
      link.retire();
    }
  }

  has(name: string): boolean {
    return this.links.has(name);
  }

  async execute(scope: TransactionScope, name: string, input: peer.ChaincodeInput): Promise<Executed> {
    const id = scope.transactionId;
    let answer: peer.ChaincodeMessage;
    try {
      answer = await this.invoke(scope, name, input);
    } catch (cause) {
      throw new ChaincodeError(`failed to execute transaction ${id}: ${messageOf(cause)}`, { cause });
    }
    if (answer.getType() === Type.ERROR)
      throw new ChaincodeError(
        `transaction returned with failure: ${Buffer.from(answer.getPayload_asU8()).toString()}`,
      );
    let response: peer.Response;
    try {
      response = peer.Response.deserializeBinary(answer.getPayload_asU8());
    } catch (cause) {
      throw new ChaincodeError(`failed to unmarshal response for transaction ${id}: ${whyUnreadable(cause)}`, {
        cause,
      });
    }
    if (response.getStatus() >= ERROR_THRESHOLD) return { response, event: undefined };
    const event = answer.getChaincodeEvent();
    event?.setChaincodeId(name);
    event?.setTxId(id);
    return { response, event };
  }

  close(): void {
    for (const link of this.links.values()) link.close();
  }

  private async invoke(
    scope: TransactionScope,
    name: string,
    input: peer.ChaincodeInput,
  ): Promise<peer.ChaincodeMessage> {
    if (this.system.serves(name)) return this.invokeSystem(scope, name, input);
    scope.simulator.readDefinition(name);
    const link = this.links.get(name);
    if (link === undefined) {
      // Fabric then asks the legacy lifecycle's namespace, and who asks has a read in the read set.
      if (this.definitions.chaincode(name) === undefined) await scope.simulator.getState(LEGACY_LIFECYCLE, name);
      throw new ChaincodeError(
        `invalid invocation: [channel ${scope.channel}] failed to get chaincode container info for ${name}: chaincode ${name} not found`,
      );
    }
    if (input.getIsInit())
      throw new ChaincodeError(
        `invalid invocation: chaincode '${name}' does not require initialization but called as init`,
      );
    return link.execute(scope, input);
  }

  private async invokeSystem(
    { transactionId, channel, invoked, creator }: TransactionScope,
    name: string,
    input: peer.ChaincodeInput,
  ): Promise<peer.ChaincodeMessage> {
    const response = await this.system.execute(name, input, { creator, channel, transactionId, from: invoked });
    const message = new peer.ChaincodeMessage();
    message.setType(Type.COMPLETED);
    message.setPayload(response.serializeBinary());
    message.setTxid(transactionId);
    message.setChannelId(channel);
    return message;
  }
}
