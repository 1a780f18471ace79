import { randomUUID } from 'node:crypto';
import type { peer } from '@hyperledger/fabric-protos';
import { type Collection, implicitOwner } from '../definition/collection.js';
import type { Definitions } from '../definition/chaincode.js';
import type { Identity } from '../identity/identity.js';
import type { Simulator } from '../simulation/simulator.js';
import { QueryCursor } from './query-cursor.js';

/** What stays the same through a transaction, however many chaincodes call each other. */
export interface TransactionScope {
  readonly transactionId: string;
  readonly channel: string;
  /** The chaincode that the client called. */
  readonly invoked: string;
  readonly proposal: peer.SignedProposal;
  readonly creator: Identity;
  readonly simulator: Simulator;
}

export class AccessDenied extends Error {
  override readonly name = 'AccessDenied';
}

/** One transaction in one chaincode: what it may do, and the queries that it has open. */
export class TransactionContext {
  private readonly cursors = new Map<string, QueryCursor>();

  constructor(
    readonly scope: TransactionScope,
    readonly namespace: string,
    private readonly definitions: Definitions,
  ) {}

  requireRead(collection: string): void {
    const { memberOnlyRead, member } = this.accessTo(collection);
    if (memberOnlyRead && !member()) {
      throw new AccessDenied(
        `tx creator does not have read access permission on privatedata in chaincodeName:${this.namespace} collectionName: ${collection}`,
      );
    }
  }

  requireWrite(collection: string): void {
    const { memberOnlyWrite, member } = this.accessTo(collection);
    if (memberOnlyWrite && !member()) {
      throw new AccessDenied(
        `tx creator does not have write access permission on privatedata in chaincodeName:${this.namespace} collectionName: ${collection}`,
      );
    }
  }

  private accessTo(name: string): Pick<Collection, 'memberOnlyRead' | 'memberOnlyWrite'> & { member: () => boolean } {
    this.scope.simulator.readCollections(this.namespace);
    const collection = this.definitions.collection(this.namespace, name);
    // Of an organisation that is not there, the simulation knows that it is not.
    if (collection === undefined && implicitOwner(name) !== undefined)
      return { memberOnlyRead: false, memberOnlyWrite: false, member: () => false };
    if (collection === undefined)
      throw new AccessDenied(`collection ${this.scope.channel}/${this.namespace}/${name} could not be found`);
    const { memberOnlyRead, memberOnlyWrite } = collection;
    return { memberOnlyRead, memberOnlyWrite, member: () => this.definitions.isMember(collection, this.scope.creator) };
  }

  open(cursor: Omit<ConstructorParameters<typeof QueryCursor>[0], 'id'>): QueryCursor {
    const id = randomUUID();
    const opened = new QueryCursor({ ...cursor, id });
    this.cursors.set(id, opened);
    return opened;
  }

  cursor(id: string): QueryCursor | undefined {
    return this.cursors.get(id);
  }

  async release(cursor: QueryCursor): Promise<void> {
    this.cursors.delete(cursor.id);
    await cursor.close();
  }

  async close(): Promise<void> {
    for (const cursor of this.cursors.values()) await this.release(cursor);
  }
}
