import { discovery, gossip, msp, peer } from '@hyperledger/fabric-protos';
import type { Member } from './member.js';
import { creatorOf, signatureOf } from './requests.js';

export interface Call {
  readonly name: string;
  readonly collections?: readonly string[];
  readonly noPrivateReads?: boolean;
}

/** What a discovered peer says of itself. */
export interface DiscoveredPeer {
  readonly mspId: string;
  readonly endpoint: string;
  readonly height: number | undefined;
  /** `name sequence` of each. */
  readonly chaincodes: readonly string[];
}

export function interest(...calls: readonly Call[]): peer.ChaincodeInterest {
  const message = new peer.ChaincodeInterest();
  for (const { name, collections = [], noPrivateReads = false } of calls) {
    const call = new peer.ChaincodeCall();
    call.setName(name);
    call.setCollectionNamesList([...collections]);
    call.setNoPrivateReads(noPrivateReads);
    message.addChaincodes(call);
  }
  return message;
}

export function peersQuery(filter?: peer.ChaincodeInterest): discovery.Query {
  const query = new discovery.Query();
  const wanted = new discovery.PeerMembershipQuery();
  wanted.setFilter(filter);
  query.setPeerQuery(wanted);
  return query;
}

export function endorsersQuery(...interests: readonly peer.ChaincodeInterest[]): discovery.Query {
  const query = new discovery.Query();
  const wanted = new discovery.ChaincodeQuery();
  wanted.setInterestsList([...interests]);
  query.setCcQuery(wanted);
  return query;
}

export function configQuery(): discovery.Query {
  const query = new discovery.Query();
  query.setConfigQuery(new discovery.ConfigQuery());
  return query;
}

export function localQuery(): discovery.Query {
  const query = new discovery.Query();
  query.setLocalPeers(new discovery.LocalPeerQuery());
  return query;
}

export interface AskOptions {
  /** Empty for what is asked of the peer itself. */
  readonly channel?: string;
  readonly certificateHash?: Uint8Array;
  readonly signature?: Uint8Array;
}

/** Asks the member's own peer, or another's client's. */
export async function ask(
  member: Member,
  query: discovery.Query,
  { channel = member.network.getName(), certificateHash, signature }: AskOptions = {},
  client = member.client,
): Promise<discovery.QueryResult> {
  const authentication = new discovery.AuthInfo();
  authentication.setClientIdentity(creatorOf(member));
  if (certificateHash !== undefined) authentication.setClientTlsCertHash(certificateHash);
  query.setChannel(channel);
  const request = new discovery.Request();
  request.setAuthentication(authentication);
  request.setQueriesList([query]);
  const payload = request.serializeBinary();
  const signed = new discovery.SignedRequest();
  signed.setPayload(payload);
  signed.setSignature(signature ?? (await signatureOf(member, payload)));
  const [result] = (await discover(client, signed)).getResultsList();
  return result ?? new discovery.QueryResult();
}

export async function discover(
  client: Member['client'],
  request: discovery.SignedRequest,
): Promise<discovery.Response> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      '/discovery.Discovery/Discover',
      (message: discovery.SignedRequest) => Buffer.from(message.serializeBinary()),
      (bytes: Buffer) => discovery.Response.deserializeBinary(bytes),
      request,
      { deadline: Date.now() + 20_000 },
      (error, response) => {
        if (error !== null || response === undefined) reject(error ?? new Error('no response'));
        else resolve(response);
      },
    );
  });
}

export function refusalOf(result: discovery.QueryResult): string {
  return result.getError()?.getContent() ?? '';
}

/** Each organisation's peers. */
export function membersOf(result: discovery.QueryResult): Record<string, DiscoveredPeer[]> {
  const found: Record<string, DiscoveredPeer[]> = {};
  result
    .getMembers()
    ?.getPeersByOrgMap()
    .forEach((peers, mspId) => {
      found[mspId] = peers.getPeersList().map(read);
    });
  return found;
}

/** The layouts of each interest; a layout is how many of which organisations' peers: `2 of Org1MSP|Org2MSP`. */
export function layoutsOf(result: discovery.QueryResult): string[][] {
  return (result.getCcQueryRes()?.getContentList() ?? []).map((descriptor) => {
    const groups = new Map<string, string>();
    descriptor.getEndorsersByGroupsMap().forEach((peers, group) => {
      const names = peers.getPeersList().map((entry) => read(entry).mspId);
      groups.set(group, names.sort().join('|'));
    });
    const layouts = descriptor.getLayoutsList().map((layout) => {
      const parts: string[] = [];
      layout.getQuantitiesByGroupMap().forEach((quantity, group) => {
        parts.push(`${quantity} of ${groups.get(group) ?? 'nobody'}`);
      });
      return parts.sort().join(', ');
    });
    return layouts.sort();
  });
}

function read(entry: discovery.Peer): DiscoveredPeer {
  const identity = msp.SerializedIdentity.deserializeBinary(entry.getIdentity_asU8());
  const said = (envelope: gossip.Envelope | undefined): gossip.GossipMessage =>
    gossip.GossipMessage.deserializeBinary(envelope?.getPayload_asU8() ?? new Uint8Array());
  const properties = said(entry.getStateInfo()).getStateInfo()?.getProperties();
  return {
    mspId: identity.getMspid(),
    endpoint: said(entry.getMembershipInfo()).getAliveMsg()?.getMembership()?.getEndpoint() ?? '',
    height: properties?.getLedgerHeight(),
    chaincodes: (properties?.getChaincodesList() ?? [])
      .map((chaincode) => `${chaincode.getName()} ${chaincode.getVersion()}`)
      .sort(),
  };
}
