import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fillOnce, writeWhole } from '../state/files.js';
import { type OrganizationLayout, type StateLayout } from '../state/layout.js';
import type { ChannelTopology } from '../topology/topology.js';
import { Authority, type Issued } from './authority.js';
import { type Authorities, writeIdentityMsp, writeOrganizationMsp } from './msp.js';
import { identityProfile, type NodeUnit, signingProfile, tlsProfile } from './profile.js';

/** Makes every certificate and key of a topology that is not there yet; answers how many folders it made. */
export async function generateCrypto(topology: ChannelTopology, layout: StateLayout): Promise<number> {
  let made = 0;
  for (const { slug, mspId, identities, peers } of topology.organizations) {
    const place = layout.organization(slug);
    const organization = await openOrganization(place, mspId);
    made += count(organization.isNew);
    for (const peer of peers) made += count(await organization.addNode(peer.name, 'peer'));
    for (const role of identities) made += count(await organization.addUser(role));
  }
  const ordering = await openOrganization(layout.orderer, topology.ordering.mspId);
  made += count(ordering.isNew);
  for (const node of topology.ordering.nodes) made += count(await ordering.addNode(node.name, 'orderer'));
  return made + count(await ordering.addUser('admin'));
}

interface OrganizationCrypto {
  isNew: boolean;
  addNode(name: string, unit: NodeUnit): Promise<boolean>;
  addUser(role: string): Promise<boolean>;
}

async function openOrganization(place: OrganizationLayout, mspId: string): Promise<OrganizationCrypto> {
  const authorities: Authorities = {
    identities: await Authority.open(place.ca, `${mspId} CA`, mspId),
    tls: await Authority.open(place.tlsca, `${mspId} TLS CA`, mspId),
  };
  return {
    isNew: await fillOnce(place.msp, (folder) => writeOrganizationMsp(folder, authorities)),
    addNode: (name, unit) =>
      fillOnce(place.node(name).root, async (folder) => {
        const subject = { commonName: name, organization: mspId, unit };
        const identity = await authorities.identities.issue({ subject, extensions: signingProfile() });
        await writeIdentityMsp(join(folder, 'msp'), authorities, identity);
        await writeTls(join(folder, 'tls'), name, mspId, authorities.tls);
      }),
    addUser: (role) =>
      fillOnce(place.user(role).root, async (folder) => {
        const unit = role === 'admin' ? 'admin' : 'client';
        const identity = await issueIdentity(authorities.identities, mspId, unit, role);
        await writeIdentityMsp(join(folder, 'msp'), authorities, identity);
        // An orderer's admin endpoint asks its caller for a TLS certificate; peers do not.
        if (role === 'admin') await writeTls(join(folder, 'tls'), `admin.${mspId}`, mspId, authorities.tls);
      }),
  };
}

/** Certificates travel in every envelope, so the name in one says nothing about who holds it. */
function issueIdentity(authority: Authority, organization: string, unit: NodeUnit, role: string): Promise<Issued> {
  const enrollmentId = randomBytes(16).toString('hex');
  return authority.issue({
    subject: { commonName: enrollmentId, organization, unit },
    extensions: identityProfile(enrollmentId, unit, role),
  });
}

async function writeTls(folder: string, nodeName: string, organization: string, authority: Authority): Promise<void> {
  const issued = await authority.issue({
    subject: { commonName: nodeName, organization },
    extensions: tlsProfile(nodeName),
  });
  await writeWhole(join(folder, 'server.crt'), issued.certificate);
  await writeWhole(join(folder, 'server.key'), issued.key);
  await writeWhole(join(folder, 'ca.crt'), authority.certificatePem);
}

function count(made: boolean): number {
  return made ? 1 : 0;
}
