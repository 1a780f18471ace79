import { discovery, type peer } from '@hyperledger/fabric-protos';
import type { Channel } from '../channel.js';
import { whyUnreadable } from '../encoding/message.js';
import { messageOf } from '../errors.js';
import type { EndorsingPeer } from '../gateway/endorsing-peer.js';
import type { Identity } from '../identity/identity.js';
import type { Log } from '../log.js';
import { verifiedIdentities } from '../policy/signed-data.js';
import { type ChannelConfigSource, configResult } from './config-result.js';
import { type EndorsementDescriptor, type Endorsers, NoEndorsers } from './endorsers.js';
import { interestText } from './interest-text.js';
import { type PeerAnnouncements, peersMessage } from './announcements.js';

const { QueryCase } = discovery.Query;
const ACCESS_DENIED = 'access denied';

/** What a query is refused with; the other queries of its request are answered. */
class QueryRefused extends Error {
  override readonly name = 'QueryRefused';
}

/** The discovery service of one organisation's peer: who is there, who endorses what, what the channel's configuration is. */
export class Discovery {
  constructor(
    private readonly channel: Channel,
    private readonly mspId: string,
    private readonly peers: readonly EndorsingPeer[],
    private readonly endorsers: Endorsers,
    private readonly announcements: PeerAnnouncements,
    private readonly source: ChannelConfigSource,
    private readonly log: Log,
  ) {}

  /**
   * The hash of the client's TLS certificate in a request is not looked at: a peer never comes to compare it either,
   * whatever its TLS settings, as its command line, which sends the hash of something else, shows.
   */
  async discover(signed: discovery.SignedRequest): Promise<discovery.Response> {
    const request = validated(signed);
    const identity = request.getAuthentication()?.getClientIdentity_asU8() ?? new Uint8Array();
    const [creator] = verifiedIdentities(
      [{ data: signed.getPayload_asU8(), signature: signed.getSignature_asU8(), identity }],
      this.channel.membership,
    );
    const response = new discovery.Response();
    for (const query of request.getQueriesList()) response.addResults(await this.answer(query, creator));
    return response;
  }

  private async answer(query: discovery.Query, creator: Identity | undefined): Promise<discovery.QueryResult> {
    const result = new discovery.QueryResult();
    try {
      if (creator === undefined || !this.mayAsk(query.getChannel(), creator)) throw new QueryRefused(ACCESS_DENIED);
      await this.fill(result, query);
    } catch (cause) {
      if (!(cause instanceof QueryRefused) && !(cause instanceof NoEndorsers)) throw cause;
      const error = new discovery.Error();
      error.setContent(cause.message);
      result.setError(error);
    }
    return result;
  }

  /** About a channel its writers; about the peer itself, as without `orgMembersAllowedAccess`, its administrators. */
  private mayAsk(channel: string, creator: Identity): boolean {
    if (channel === this.channel.name) return this.channel.policies.mayWriteApplication(creator);
    if (channel !== '' || creator.mspId !== this.mspId) return false;
    try {
      creator.organisation.requireAdmin(creator);
      return true;
    } catch {
      return false;
    }
  }

  private async fill(result: discovery.QueryResult, query: discovery.Query): Promise<void> {
    const isLocal = query.getChannel() === '';
    const kind = query.getQueryCase();
    if (isLocal && kind === QueryCase.LOCAL_PEERS) result.setMembers(this.members(this.peers, false));
    else if (!isLocal && kind === QueryCase.PEER_QUERY)
      result.setMembers(this.members(this.endorsers.authorized(query.getPeerQuery()?.getFilter()), true));
    else if (!isLocal && kind === QueryCase.CC_QUERY)
      result.setCcQueryRes(this.endorsement(query.getCcQuery()?.getInterestsList() ?? []));
    else if (!isLocal && kind === QueryCase.CONFIG_QUERY)
      result.setConfigResult(await configResult(this.channel, this.source));
    else throw new QueryRefused('unknown or missing request type');
  }

  /** Every organisation has an entry, also one whose peers are away. */
  private members(peers: readonly EndorsingPeer[], withState: boolean): discovery.PeerMembershipResult {
    const result = new discovery.PeerMembershipResult();
    for (const { mspId } of this.peers) {
      const present = peers.filter((candidate) => candidate.mspId === mspId && candidate.isUp());
      result.getPeersByOrgMap().set(mspId, peersMessage(present, this.announcements, withState));
    }
    return result;
  }

  private endorsement(interests: readonly peer.ChaincodeInterest[]): discovery.ChaincodeQueryResult {
    requireChaincodes(interests);
    const result = new discovery.ChaincodeQueryResult();
    for (const interest of interests) result.addContent(this.descriptor(interest));
    return result;
  }

  private descriptor(interest: peer.ChaincodeInterest): discovery.EndorsementDescriptor {
    try {
      return this.descriptorMessage(
        interest.getChaincodesList()[0]?.getName() ?? '',
        this.endorsers.descriptor(interest),
      );
    } catch (cause) {
      if (!(cause instanceof NoEndorsers)) throw cause;
      // As on a peer, only its log tells why.
      const asked = interestText(interest);
      this.log.warn({ mspId: this.mspId, interest: asked, reason: messageOf(cause) }, 'no endorsers');
      throw new QueryRefused(`failed constructing descriptor for ${asked}`, { cause });
    }
  }

  private descriptorMessage(
    chaincode: string,
    { layouts, endorsersByGroup }: EndorsementDescriptor,
  ): discovery.EndorsementDescriptor {
    const message = new discovery.EndorsementDescriptor();
    message.setChaincode(chaincode);
    const names = new Map<string, string>();
    const nameOf = (group: string): string => {
      const name = names.get(group) ?? `G${names.size}`;
      names.set(group, name);
      return name;
    };
    for (const layout of layouts) {
      const quantities = new discovery.Layout();
      for (const [group, quantity] of layout) quantities.getQuantitiesByGroupMap().set(nameOf(group), quantity);
      message.addLayouts(quantities);
    }
    for (const [group, members] of endorsersByGroup)
      message.getEndorsersByGroupsMap().set(nameOf(group), peersMessage(members, this.announcements, true));
    return message;
  }
}

/** Throws with Fabric's words when it is not known whose request this is. */
function validated(signed: discovery.SignedRequest): discovery.Request {
  let request: discovery.Request;
  try {
    request = discovery.Request.deserializeBinary(signed.getPayload_asU8());
  } catch (cause) {
    throw new Error(`failed parsing request: ${whyUnreadable(cause)}`, { cause });
  }
  const authentication = request.getAuthentication();
  if (authentication === undefined) throw new Error('access denied, no authentication info in request');
  if (authentication.getClientIdentity_asU8().length === 0)
    throw new Error("access denied, client identity wasn't supplied");
  return request;
}

function requireChaincodes(interests: readonly peer.ChaincodeInterest[]): void {
  if (interests.length === 0) throw new QueryRefused('chaincode query must have at least one chaincode interest');
  for (const interest of interests) {
    const calls = interest.getChaincodesList();
    if (calls.length === 0) throw new QueryRefused('chaincode interest must contain at least one chaincode');
    if (calls.some((call) => call.getName() === ''))
      throw new QueryRefused('chaincode name in interest cannot be empty');
  }
}
