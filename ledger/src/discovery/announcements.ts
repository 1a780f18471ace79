import { discovery, gossip, msp } from '@hyperledger/fabric-protos';
import type { Channel } from '../channel.js';
import { LIFECYCLE } from '../definition/chaincode.js';
import { sha256 } from '../encoding/digest.js';
import { decode } from '../encoding/message.js';
import type { EndorsingPeer } from '../gateway/endorsing-peer.js';

/** What a peer of Fabric tells the others by gossip, and discovery hands on to clients: signed by the peer. */
export class PeerAnnouncements {
  private readonly incarnation = nanoseconds();
  private sequence = 0;

  constructor(private readonly channel: Channel) {}

  /** That the peer is there, and where. */
  membership(peer: EndorsingPeer): gossip.Envelope {
    const member = new gossip.Member();
    member.setEndpoint(peer.address);
    member.setPkiId(pkiId(peer));
    const alive = new gossip.AliveMessage();
    alive.setMembership(member);
    alive.setTimestamp(this.time(++this.sequence));
    const message = new gossip.GossipMessage();
    message.setTag(gossip.GossipMessage.Tag.EMPTY);
    message.setAliveMsg(alive);
    return sealed(message, peer);
  }

  /** What the peer has of the channel: its height, and the chaincodes that it runs, by their sequence. */
  state(peer: EndorsingPeer): gossip.Envelope {
    const properties = new gossip.Properties();
    properties.setLedgerHeight(this.channel.store.height);
    for (const { name, sequence } of [...this.channel.definitions.all(), LIFECYCLE]) {
      if (!peer.endorser.has(name)) continue;
      const chaincode = new gossip.Chaincode();
      chaincode.setName(name);
      chaincode.setVersion(String(sequence));
      properties.addChaincodes(chaincode);
    }
    const id = pkiId(peer);
    const state = new gossip.StateInfo();
    state.setTimestamp(this.time(nanoseconds()));
    state.setPkiId(id);
    state.setChannelMac(sha256(id, this.channel.name));
    state.setProperties(properties);
    const message = new gossip.GossipMessage();
    message.setTag(gossip.GossipMessage.Tag.CHAN_OR_ORG);
    message.setStateInfo(state);
    return sealed(message, peer);
  }

  private time(sequence: number): gossip.PeerTime {
    const time = new gossip.PeerTime();
    time.setIncNum(this.incarnation);
    time.setSeqNum(sequence);
    return time;
  }
}

export function peersMessage(
  peers: readonly EndorsingPeer[],
  announcements: PeerAnnouncements,
  withState: boolean,
): discovery.Peers {
  const message = new discovery.Peers();
  for (const peer of peers) {
    const entry = new discovery.Peer();
    entry.setIdentity(peer.signer.serialized);
    entry.setMembershipInfo(announcements.membership(peer));
    if (withState) entry.setStateInfo(announcements.state(peer));
    message.addPeers(entry);
  }
  return message;
}

/** The name of a peer among peers: the hash of its MSP id and certificate. */
function pkiId({ signer }: EndorsingPeer): Buffer {
  const identity = decode(msp.SerializedIdentity, signer.serialized, 'SerializedIdentity');
  return sha256(identity.getMspid(), identity.getIdBytes_asU8());
}

function sealed(message: gossip.GossipMessage, { signer }: EndorsingPeer): gossip.Envelope {
  const payload = message.serializeBinary();
  const envelope = new gossip.Envelope();
  envelope.setPayload(payload);
  envelope.setSignature(signer.sign(payload));
  return envelope;
}

/** More than a double can tell apart, and nobody needs to. */
function nanoseconds(): number {
  return Date.now() * 1_000_000;
}
