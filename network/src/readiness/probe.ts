import type { Network } from '@hyperledger/fabric-gateway';
import { NetworkError } from '../errors.js';
import { eventually } from '../process/clock.js';
import { together } from '../process/together.js';
import type { StateLayout } from '../state/layout.js';
import { chaincodeProcessName, type PeerNode, type Topology } from '../topology/topology.js';
import { withGateway } from './gateway.js';

const patience = { timeoutMs: 60_000, intervalMs: 250 };
/** Every contract-api chaincode answers this, and it reads no state. */
const question = 'org.hyperledger.fabric:GetMetadata';

/**
 * Ready means: the gateway of each peer reaches the chaincode of each organisation. Peers are up and joined seconds
 * before that, and in between a client sees four different errors.
 */
export async function awaitEveryGateway(topology: Topology, peers: PeerNode[], layout: StateLayout): Promise<void> {
  await together(
    peers.map((peer) =>
      withGateway(topology.channel, peer, layout, (network) => awaitEveryChaincode(topology, peer, layout, network)),
    ),
  );
}

async function awaitEveryChaincode(
  topology: Topology,
  peer: PeerNode,
  layout: StateLayout,
  network: Network,
): Promise<void> {
  const contract = network.getContract(topology.chaincode.name);
  for (const { slug, mspId } of topology.organizations) {
    let reason: unknown;
    const answered = await eventually(async () => {
      try {
        await contract.evaluate(question, { endorsingOrganizations: [mspId] });
        return true;
      } catch (error) {
        reason = error;
        return false;
      }
    }, patience);
    if (!answered) {
      const what = `${peer.name} gets no answer of ${mspId}'s chaincode: ${said(reason).slice(0, 400)}`;
      throw new NetworkError('NOT_READY', what, `its log is ${layout.log(chaincodeProcessName(slug))}`);
    }
  }
}

/** A gateway puts what the endorsers said into the details of its error. */
function said(reason: unknown): string {
  if (!(reason instanceof Error)) return String(reason);
  const details = 'details' in reason && Array.isArray(reason.details) ? reason.details : [];
  const messages = details.map((detail: unknown) =>
    typeof detail === 'object' && detail !== null && 'message' in detail ? String(detail.message) : '',
  );
  return [reason.message, ...messages].filter((message) => message !== '').join(': ');
}
