import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Chaincodes } from '../chaincode/chaincodes.js';
import { historyOf } from '../chaincode/history.js';
import type { Channel } from '../channel.js';
import type { OrganizationConfig } from '../config/schema.js';
import type { PeerAnnouncements } from '../discovery/announcements.js';
import type { ChannelConfigSource } from '../discovery/config-result.js';
import { Discovery } from '../discovery/discovery.js';
import type { Endorsers } from '../discovery/endorsers.js';
import { Endorser } from '../endorser/endorser.js';
import { SystemChaincodes } from '../endorser/system-chaincodes.js';
import { LedgerFault } from '../errors.js';
import type { EndorsingPeer } from '../gateway/endorsing-peer.js';
import { Gateway } from '../gateway/gateway.js';
import type { Identity } from '../identity/identity.js';
import type { Membership } from '../identity/membership.js';
import { Signer } from '../identity/signer.js';
import type { Log } from '../log.js';
import type { Broadcast } from '../ordering/broadcast.js';
import type { Holder } from '../private/holder.js';
import { PrivateStore } from '../private/private-store.js';
import { TransientStore } from '../private/transient-store.js';
import { peerServices } from './peer-services.js';
import { Endpoint } from './endpoint.js';

/** What all peers of the channel know and use together. */
export interface Surroundings {
  readonly channel: Channel;
  readonly peers: readonly EndorsingPeer[];
  readonly endorsers: Endorsers;
  readonly announcements: PeerAnnouncements;
  readonly broadcast: Broadcast;
  readonly config: ChannelConfigSource;
  readonly log: Log;
}

/** One organisation's peer before the channel is there: its identity and its own store. */
export class PeerNode implements Holder {
  readonly transient: TransientStore;
  private up = true;
  private chaincodes: Chaincodes | undefined;
  private server: Endpoint | undefined;

  private constructor(
    readonly config: OrganizationConfig,
    readonly signer: Signer,
    readonly identity: Identity,
    readonly store: PrivateStore,
  ) {
    this.transient = new TransientStore(store);
  }

  static async open(
    config: OrganizationConfig,
    membership: Membership,
    dataFolder: string,
    failed: (cause: unknown) => void,
  ): Promise<PeerNode> {
    const signer = Signer.read(config.peer.msp, config.mspId);
    let identity: Identity;
    try {
      identity = membership.identityOf(signer.serialized);
      identity.organisation.validate(identity);
    } catch (cause) {
      throw new LedgerFault(
        'CONFIG_INVALID',
        `the peer's certificate in ${config.peer.msp} is not one of ${config.mspId} (${cause instanceof Error ? cause.message : ''})`,
        'enrol the peer with the CA of its organization',
        { cause },
      );
    }
    const store = await PrivateStore.open(join(dataFolder, 'private', config.mspId), failed);
    return new PeerNode(config, signer, identity, store);
  }

  get mspId(): string {
    return this.config.mspId;
  }

  get address(): string {
    return this.config.peer.address;
  }

  readonly isUp = (): boolean => this.up;

  endorsing(channel: Channel, holders: readonly Holder[], executionTimeoutMs: number, log: Log): EndorsingPeer {
    const system = new SystemChaincodes(channel, this.mspId);
    this.chaincodes = new Chaincodes(
      this.mspId,
      channel.definitions,
      (namespace, key) => historyOf(channel.store, namespace, key),
      executionTimeoutMs,
      system,
      log,
    );
    const endorser = new Endorser(channel, this, holders, this.chaincodes, system, this.signer, log);
    const { mspId, address, identity, signer, isUp } = this;
    return { mspId, address, identity, signer, endorser, isUp };
  }

  async serve(local: EndorsingPeer, surroundings: Surroundings): Promise<void> {
    const { channel, peers, endorsers, announcements, broadcast, config, log } = surroundings;
    const gateway = new Gateway(channel, local, peers, endorsers, broadcast);
    const discovery = new Discovery(channel, this.mspId, peers, endorsers, announcements, config, log);
    this.server = new Endpoint(
      this.config.peer,
      peerServices({ channel, gateway, discovery, endorser: local.endorser, privateStore: this.store }),
    );
    this.up = !this.isDisabled();
    if (this.up) await this.server.listen();
  }

  /** Takes the peer down or up when its file says so; true when it just came up. */
  async followDisabledFile(log: Log): Promise<boolean> {
    const disabled = this.isDisabled();
    if (disabled === !this.up || this.server === undefined) return false;
    this.up = !disabled;
    log.info({ mspId: this.mspId, up: this.up }, 'the peer is taken down or up by its file');
    if (disabled) {
      this.server.stop();
      return false;
    }
    await this.server.listen();
    return true;
  }

  /** Links to the chaincode servers that the definitions name now. */
  followDefinitions(): void {
    this.chaincodes?.follow();
  }

  stop(): void {
    this.server?.stop();
    this.chaincodes?.close();
  }

  private isDisabled(): boolean {
    const file = this.config.peer.disabledFile;
    return file !== undefined && existsSync(file);
  }
}
