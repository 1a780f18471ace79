import type { OrganizationRole } from '@proofward/evidence';
import type { StateLayout } from './state/layout.js';
import type { IdentityRole } from './topology/document.js';
import type { PeerNode, Topology } from './topology/topology.js';

/** What a client of an organisation needs to know to reach the ledger in its name. */
export interface RunningOrganization {
  slug: string;
  mspId: string;
  name: string;
  role: OrganizationRole;
  peers: PeerAccess[];
  users: Partial<Record<IdentityRole, UserCredentials>>;
  gatewayPort: number;
  mspDir: string;
}

export interface PeerAccess {
  name: string;
  endpoint: string;
  /** The name in the peer's TLS certificate. */
  hostAlias: string;
  tlsRootPath: string;
}

export interface UserCredentials {
  certPath: string;
  keyPath: string;
}

export function describeOrganizations(
  topology: Topology,
  peers: PeerNode[],
  layout: StateLayout,
): RunningOrganization[] {
  return topology.organizations.map(({ slug, mspId, name, role, identities, gatewayPort }) => {
    const place = layout.organization(slug);
    return {
      slug,
      mspId,
      name,
      role,
      peers: peers
        .filter((peer) => peer.slug === slug)
        .map((peer) => ({
          name: peer.name,
          endpoint: `localhost:${peer.ports.listen}`,
          hostAlias: peer.name,
          tlsRootPath: place.tlsRoot,
        })),
      users: Object.fromEntries(
        identities.map((identity) => {
          const { certificate, key } = place.user(identity);
          return [identity, { certPath: certificate, keyPath: key }];
        }),
      ),
      gatewayPort,
      mspDir: place.msp,
    };
  });
}
