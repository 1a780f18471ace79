import { common } from '@hyperledger/fabric-protos';
import { assembleBlock, setMetadata } from '../block/assembly.js';
import { blockHeader, COMMIT_HASH, envelopesOf, metadataOf, TRANSACTIONS_FILTER } from '../block/header.js';
import type { Definitions } from '../definition/chaincode.js';
import { decode } from '../encoding/message.js';
import { LedgerFault, messageOf } from '../errors.js';
import type { Signer } from '../identity/signer.js';
import type { Log } from '../log.js';
import type { ChannelPolicies } from '../policy/channel-policies.js';
import { gather, type Gathered, type Holder } from '../private/holder.js';
import { forgetUncommitted, keepWriteSets, PrivateChanges } from '../private/private-changes.js';
import { RETENTION } from '../private/transient-store.js';
import type { ChannelStore } from '../state/channel-store.js';
import type { BlockValidator, ValidatedBlock } from '../validation/block-validator.js';
import type { CommitNotices } from './commit-notices.js';
import { nextCommitHash } from './commit-hash.js';
import type { StateGate } from './state-gate.js';

interface Prepared {
  readonly block: common.Block;
  readonly validated: ValidatedBlock;
  readonly gathered: ReadonlyMap<Holder, Gathered>;
  readonly commitHash: Uint8Array;
}

/** Takes ordered envelopes to committed blocks, one block after the other. */
export class Committer {
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: ChannelStore,
    private readonly holders: readonly Holder[],
    private readonly validator: BlockValidator,
    private readonly definitions: Definitions,
    private readonly channel: ChannelPolicies,
    private readonly orderer: Signer,
    private readonly gate: StateGate,
    private readonly notices: CommitNotices,
    private readonly log: Log,
  ) {}

  /** When this returns, the block and its private data are on disk and its state can be read. */
  async commit(envelopes: readonly Uint8Array[]): Promise<void> {
    await this.betweenBlocks(() => this.commitBlock(envelopes));
  }

  /** Runs `change` while no block is being validated or committed. */
  async betweenBlocks(change: () => Promise<void>): Promise<void> {
    const turn = this.last.then(change);
    this.last = turn.catch(() => undefined);
    await turn;
  }

  private async commitBlock(envelopes: readonly Uint8Array[]): Promise<void> {
    const prepared = await this.prepare(envelopes);
    await this.keepPrivateData(prepared);
    const content = Buffer.from(prepared.block.serializeBinary());
    const offset = await this.store.append(content);
    await this.apply(prepared, { offset, length: content.length });
    this.notices.committed(prepared.block, prepared.validated);
    this.log.debug({ block: blockHeader(prepared.block).getNumber(), transactions: envelopes.length }, 'committed');
  }

  /** The first block needs no validation: it says what the channel is. */
  async found(genesis: common.Block): Promise<void> {
    const content = Buffer.from(genesis.serializeBinary());
    const offset = await this.store.append(content);
    await this.replay(genesis, { offset, length: content.length });
  }

  /** Applies what is on disk as blocks but not yet, or not everywhere, as state. */
  async recover(): Promise<void> {
    await this.catchUpPrivateStores();
    for (const holder of this.holders) if (await holder.store.isRewriteDue()) this.rewriteSoon(holder);
    for await (const { offset, content } of this.store.recover()) {
      const block = decode(common.Block, content, 'Block');
      const number = blockHeader(block).getNumber();
      if (number !== this.store.height) {
        throw new LedgerFault(
          'DATA_TORN',
          `block ${number} follows block ${this.store.height - 1}`,
          'restore the data folder from a copy, or start with an empty one',
        );
      }
      await this.replay(block, { offset, length: content.length });
      this.log.info({ block: number }, 'applied a block that was on disk before the last stop');
    }
    await this.requireBlocksOfPrivateStores();
    for (const { store } of this.holders) await forgetUncommitted(store, this.store.height);
  }

  /** A private store may be ahead of the public state, since neither is synced, but not of the blocks. */
  private async requireBlocksOfPrivateStores(): Promise<void> {
    for (const holder of this.holders) {
      const applied = await holder.store.savepoint();
      if (applied < this.store.height) continue;
      throw new LedgerFault(
        'DATA_TORN',
        `the private data of ${holder.mspId} is of block ${applied}, the channel has ${this.store.height} blocks`,
        'restore the data folder from a copy, or start with an empty one',
      );
    }
  }

  private async catchUpPrivateStores(): Promise<void> {
    for (const holder of this.holders) {
      const applied = await holder.store.savepoint();
      for (let number = applied + 1; number < this.store.height; number++) {
        const block = await this.store.block(number);
        if (block === undefined) continue;
        await this.applyPrivate(holder, number, await this.validatedAgain(block), undefined);
      }
    }
  }

  private async prepare(envelopes: readonly Uint8Array[]): Promise<Prepared> {
    const number = this.store.height;
    const block = assembleBlock(number, this.store.tipHash, envelopes, this.orderer);
    const validated = await this.validator.validate(number, envelopes);
    const codes = Uint8Array.from(validated.transactions.map(({ code }) => code));
    const commitHash = nextCommitHash(codes, validated.updates, this.store.commitHash);
    setMetadata(block, TRANSACTIONS_FILTER, codes);
    const metadata = new common.Metadata();
    metadata.setValue(commitHash);
    setMetadata(block, COMMIT_HASH, metadata.serializeBinary());
    const gathered = new Map<Holder, Gathered>();
    for (const holder of this.holders)
      gathered.set(holder, await gather(holder, this.holders, number, validated, this.definitions, this.channel));
    return { block, validated, gathered, commitHash };
  }

  private async keepPrivateData({ gathered }: Prepared): Promise<void> {
    await Promise.all(
      [...gathered].map(async ([holder, { held, missing }]) => {
        await holder.store.write(keepWriteSets(held, missing, this.definitions), true);
        for (const { at, namespace, collection } of missing) {
          this.log.warn(
            { mspId: holder.mspId, block: at.block, transaction: at.transaction, namespace, collection },
            'committed without the private data',
          );
        }
      }),
    );
  }

  private async replay(block: common.Block, frame: { offset: number; length: number }): Promise<void> {
    const validated = await this.validatedAgain(block);
    const recorded = metadataOf(block, COMMIT_HASH);
    const commitHash =
      recorded.length === 0 ? new Uint8Array() : decode(common.Metadata, recorded, 'Metadata').getValue_asU8();
    await this.apply({ block, validated, gathered: new Map(), commitHash }, frame);
  }

  private async validatedAgain(block: common.Block): Promise<ValidatedBlock> {
    return this.validator.replay(
      blockHeader(block).getNumber(),
      envelopesOf(block),
      metadataOf(block, TRANSACTIONS_FILTER),
    );
  }

  private async apply(
    { block, validated, gathered, commitHash }: Prepared,
    frame: { offset: number; length: number },
  ): Promise<void> {
    const number = blockHeader(block).getNumber();
    const changes = await this.store.changesOf(number, validated, this.definitions);
    const privateChanges = await Promise.all(
      this.holders.map(async (holder) => this.privateChanges(holder, number, validated, gathered.get(holder))),
    );
    await this.gate.change(async () => {
      await Promise.all(privateChanges.map(async (write) => write()));
      await this.store.apply(changes, block, frame, commitHash);
    });
  }

  private async applyPrivate(
    holder: Holder,
    number: number,
    validated: ValidatedBlock,
    gathered: Gathered | undefined,
  ): Promise<void> {
    const write = await this.privateChanges(holder, number, validated, gathered);
    await write();
  }

  private async privateChanges(
    holder: Holder,
    number: number,
    validated: ValidatedBlock,
    gathered: Gathered | undefined,
  ): Promise<() => Promise<void>> {
    if ((await holder.store.savepoint()) >= number) return () => Promise.resolve();
    const codes = new Map(validated.transactions.map(({ index, code }) => [index, code]));
    const held =
      gathered?.held ??
      (await holder.store.writeSetsOf(number)).map((set) => ({ ...set, valid: codes.get(set.at.transaction) === 0 }));
    const collected = new PrivateChanges(holder.store, number, validated);
    const changes = await collected.collect(held);
    if (held.length > 0)
      changes.push(...(await holder.transient.removalOf(validated.transactions.map(({ id }) => id))));
    if (number % RETENTION === 0) changes.push(...(await holder.transient.removalBelow(number - RETENTION)));
    return async () => {
      await holder.store.apply(changes, number, collected.purged);
      if (collected.purged) this.rewriteSoon(holder);
    };
  }

  private rewriteSoon(holder: Holder): void {
    holder.store.rewriteSoon((cause) => {
      this.log.warn({ mspId: holder.mspId, reason: messageOf(cause) }, 'purged data is still in old files');
    });
  }
}
