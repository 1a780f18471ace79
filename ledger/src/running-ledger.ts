import { genesisBlock } from './block/genesis.js';
import { blockHeader, envelopesOf } from './block/header.js';
import { common } from '@hyperledger/fabric-protos';
import type { Channel } from './channel.js';
import { CommitNotices } from './commit/commit-notices.js';
import { Committer } from './commit/committer.js';
import { StateGate } from './commit/state-gate.js';
import { chaincodeDefinitions } from './config/definitions.js';
import { complete } from './config/complete.js';
import type { ReadConfig, ResolvedConfig } from './config/schema.js';
import { removeConnectionProfile, writeConnectionProfile } from './connection-profile.js';
import { Definitions } from './definition/chaincode.js';
import { PeerAnnouncements } from './discovery/announcements.js';
import { Endorsers } from './discovery/endorsers.js';
import { DefinitionLog } from './definition/definition-log.js';
import { Deployment } from './definition/deployment.js';
import { decode } from './encoding/message.js';
import { LedgerFault, messageOf } from './errors.js';
import { Membership } from './identity/membership.js';
import { readMspFolder } from './identity/msp-folder.js';
import { Organisation } from './identity/organisation.js';
import { Signer } from './identity/signer.js';
import type { Log } from './log.js';
import { Broadcast } from './ordering/broadcast.js';
import { Orderer } from './ordering/orderer.js';
import { ordererServices } from './ordering/orderer-services.js';
import { PeerNode, type Surroundings } from './peer/peer-node.js';
import { Endpoint } from './peer/endpoint.js';
import { ChannelPolicies } from './policy/channel-policies.js';
import { reconcile } from './private/reconciliation.js';
import { ProcessLock } from './process-lock.js';
import { ChannelStore } from './state/channel-store.js';
import { FreeSpace } from './state/free-space.js';
import { BlockValidator } from './validation/block-validator.js';
import { openEnvelope } from './validation/transaction.js';

/** How often the files that take a peer down, and the revocation lists, are looked at. */
const WATCH_INTERVAL_MS = 250;

export class RunningLedger {
  private watching: NodeJS.Timeout | undefined;

  private constructor(
    readonly connectionPath: string,
    private readonly lock: ProcessLock,
    private readonly channel: Channel,
    private readonly peers: readonly PeerNode[],
    private readonly orderer: Orderer,
    private readonly ordererEndpoint: Endpoint,
    private readonly committer: Committer,
    private readonly deployment: Deployment,
    private config: ResolvedConfig,
    private readonly configured: ReadConfig,
    private readonly log: Log,
  ) {}

  /** `failed` is told when the ledger cannot go on; nothing is acknowledged after that. */
  static async start(config: ReadConfig, log: Log, failed: (cause: unknown) => void): Promise<RunningLedger> {
    const lock = ProcessLock.take(config.data);
    const opened: (() => void | Promise<void>)[] = [];
    try {
      removeConnectionProfile(config.data);
      return await RunningLedger.startLocked(config, lock, log, failed, opened);
    } catch (cause) {
      await Promise.allSettled(opened.reverse().map(async (close) => close()));
      lock.release();
      throw cause;
    }
  }

  private static async startLocked(
    configured: ReadConfig,
    lock: ProcessLock,
    log: Log,
    failed: (cause: unknown) => void,
    opened: (() => void | Promise<void>)[],
  ): Promise<RunningLedger> {
    const config = await complete(configured, log);
    const organisations = config.organizations.map(({ mspId, msp }) => new Organisation(readMspFolder(msp, mspId)));
    const ordererOrganisation = new Organisation(readMspFolder(config.orderer.msp, config.orderer.mspId));
    const membership = new Membership([...organisations, ordererOrganisation]);
    for (const organisation of membership.all()) await organisation.readRevocations();
    const policies = new ChannelPolicies(
      membership,
      organisations.map(({ mspId }) => mspId),
      ordererOrganisation.mspId,
    );
    const wanted = chaincodeDefinitions(config);
    const definitions = new Definitions(policies);
    const ordererSigner = Signer.read(config.orderer.node.msp, config.orderer.mspId);

    const store = await ChannelStore.open(config.data);
    opened.push(() => store.close());
    const channel: Channel = {
      name: config.channel,
      membership,
      policies,
      definitions,
      store,
      freeSpace: new FreeSpace(config.data, log),
      gate: new StateGate(),
      notices: new CommitNotices(),
    };
    const deployment = new Deployment(DefinitionLog.open(config.data), definitions, store, channel.gate, log);
    const peers: PeerNode[] = [];
    for (const organization of config.organizations) {
      const node = await PeerNode.open(organization, membership, config.data, failed);
      peers.push(node);
      opened.push(() => node.store.close());
    }
    const validator = new BlockValidator(config.channel, store, definitions, policies, log);
    const committer = new Committer(
      store,
      peers,
      validator,
      definitions,
      policies,
      ordererSigner,
      channel.gate,
      channel.notices,
      log,
    );
    await deployment.restore(wanted);
    await committer.recover();
    if (store.height === 0) await committer.found(genesisBlock(organisations, ordererOrganisation, config));
    await requireChannel(store, config);
    await deployment.deploy(wanted);

    const orderer = new Orderer(config, (envelopes) => committer.commit(envelopes), failed);
    const broadcast = new Broadcast(config.channel, policies, orderer, channel.freeSpace);
    const endorsing = peers.map((node) => node.endorsing(channel, peers, config.executionTimeoutMs, log));
    const surroundings: Surroundings = {
      channel,
      peers: endorsing,
      endorsers: new Endorsers(channel, endorsing),
      announcements: new PeerAnnouncements(channel),
      broadcast,
      config,
      log,
    };
    for (const [i, node] of peers.entries()) {
      opened.push(() => {
        node.stop();
      });
      const local = endorsing[i];
      if (local !== undefined) await node.serve(local, surroundings);
    }
    const ordererEndpoint = new Endpoint(config.orderer, ordererServices(channel, broadcast));
    opened.push(() => {
      ordererEndpoint.stop();
    });
    await ordererEndpoint.listen();
    const ledger = new RunningLedger(
      writeConnectionProfile(config, peers),
      lock,
      channel,
      peers,
      orderer,
      ordererEndpoint,
      committer,
      deployment,
      config,
      configured,
      log,
    );
    ledger.watch();
    return ledger;
  }

  /** Takes over the chaincodes of a configuration that was read again. Throws, and changes nothing, when one is refused. */
  async redeploy(config: ReadConfig): Promise<void> {
    const next = { ...this.config, chaincodes: config.chaincodes };
    const wanted = chaincodeDefinitions(next);
    await this.committer.betweenBlocks(async () => {
      await this.deployment.deploy(wanted);
      for (const node of this.peers) node.followDefinitions();
    });
    this.config = next;
    writeConnectionProfile(next, this.peers);
    for (const field of Object.keys(config) as (keyof ReadConfig)[]) {
      if (field !== 'chaincodes' && JSON.stringify(config[field]) !== JSON.stringify(this.configured[field]))
        this.log.warn({ field }, 'this change of the configuration takes effect at the next start');
    }
  }

  private watch(): void {
    this.watching = setTimeout(() => {
      this.look()
        .catch((cause: unknown) => {
          this.log.error({ reason: messageOf(cause) }, 'cannot follow the files of peers and revocations');
        })
        .finally(() => {
          if (this.watching !== undefined) this.watch();
        });
    }, WATCH_INTERVAL_MS);
  }

  private async look(): Promise<void> {
    for (const node of this.peers) {
      if (await node.followDisabledFile(this.log))
        await this.channel.gate.change(async () => reconcile(this.peers, this.channel, this.log));
    }
    for (const organisation of this.channel.membership.all()) {
      if (await organisation.followRevocations())
        this.log.info({ mspId: organisation.mspId }, 'revocations read again');
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.watching);
    this.watching = undefined;
    await this.orderer.close();
    this.ordererEndpoint.stop();
    for (const node of this.peers) node.stop();
    const closed = await Promise.allSettled([...this.peers.map(({ store }) => store), this.channel.store].map(closeOf));
    this.lock.release();
    for (const result of closed) if (result.status === 'rejected') throw result.reason;
  }
}

async function closeOf(store: { close(): Promise<void> }): Promise<void> {
  await store.close();
}

/** A data folder belongs to one channel for ever. */
async function requireChannel(store: ChannelStore, config: ResolvedConfig): Promise<void> {
  const genesis = await store.block(0);
  const [envelope] = genesis === undefined ? [] : envelopesOf(genesis);
  if (genesis === undefined || envelope === undefined || blockHeader(genesis).getNumber() !== 0) {
    throw new LedgerFault(
      'DATA_TORN',
      `${config.data} has no genesis block`,
      'restore the data folder from a copy, or start with an empty one',
    );
  }
  const found = openEnvelope(decode(common.Envelope, envelope, 'Envelope')).header.getChannelId();
  if (found !== config.channel) {
    throw new LedgerFault(
      'DATA_FOREIGN',
      `${config.data} belongs to the channel ${found}, not to ${config.channel}`,
      'name that channel, or give another data folder',
    );
  }
}
