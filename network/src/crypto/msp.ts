import { join } from 'node:path';
import { stringify } from 'yaml';
import { writeWhole } from '../state/files.js';
import type { Authority, Issued } from './authority.js';
import type { NodeUnit } from './profile.js';

/** The two authorities of one organisation. */
export interface Authorities {
  identities: Authority;
  tls: Authority;
}

/** What an MSP folder says of its organisation: whom to believe, and which unit makes somebody what. */
export async function writeOrganizationMsp(folder: string, { identities, tls }: Authorities): Promise<void> {
  await writeWhole(join(folder, 'cacerts', 'ca.pem'), identities.certificatePem);
  await writeWhole(join(folder, 'tlscacerts', 'tlsca.pem'), tls.certificatePem);
  await writeWhole(join(folder, 'config.yaml'), nodeUnits());
}

/** The same, with an identity of the organisation in it. */
export async function writeIdentityMsp(folder: string, authorities: Authorities, identity: Issued): Promise<void> {
  await writeOrganizationMsp(folder, authorities);
  await writeWhole(join(folder, 'signcerts', 'cert.pem'), identity.certificate);
  await writeWhole(join(folder, 'keystore', 'priv_sk'), identity.key);
}

function nodeUnits(): string {
  const identifier = (unit: NodeUnit) => ({ Certificate: 'cacerts/ca.pem', OrganizationalUnitIdentifier: unit });
  return stringify({
    NodeOUs: {
      Enable: true,
      ClientOUIdentifier: identifier('client'),
      PeerOUIdentifier: identifier('peer'),
      AdminOUIdentifier: identifier('admin'),
      OrdererOUIdentifier: identifier('orderer'),
    },
  });
}
