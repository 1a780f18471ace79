import { join } from 'node:path';
import { stringify } from 'yaml';
import { Authority, type Issued } from './authority.js';
import { fillOnce, writeSynced } from './made-folder.js';
import type { Role } from './msp-folder.js';

/** Who issues what is made for one organisation: for identities, and for TLS. */
export interface Authorities {
  readonly identities: Authority;
  readonly tls: Authority;
}

const USERS: readonly (readonly [name: string, unit: Role])[] = [
  ['Admin', 'admin'],
  ['User1', 'client'],
];

export async function openAuthorities(folder: string, mspId: string): Promise<Authorities> {
  const domain = hostName(mspId);
  const [identities, tls] = await Promise.all([
    Authority.open(join(folder, 'ca'), `ca.${domain}`, mspId),
    Authority.open(join(folder, 'tlsca'), `tlsca.${domain}`, mspId),
  ]);
  return { identities, tls };
}

/** An organisation's MSP folder as Fabric's tools lay it out, and beside it User1 and Admin. */
export async function makeOrganization(folder: string, mspId: string, authorities: Authorities): Promise<void> {
  const users = USERS.map(async ([name, unit]) =>
    makeIdentity(join(folder, 'users', name), authorities, `${name}@${mspId}`, mspId, unit),
  );
  await Promise.all([
    fillOnce(join(folder, 'msp'), (unfinished) => writeOrganizationMsp(unfinished, authorities)),
    ...users,
  ]);
}

/** `<folder>/msp`, with the roots of its organisation, for an identity of the given unit. */
export async function makeIdentity(
  folder: string,
  authorities: Authorities,
  commonName: string,
  organization: string,
  unit: Role,
): Promise<void> {
  await fillOnce(join(folder, 'msp'), async (msp) => {
    await writeOrganizationMsp(msp, authorities);
    const { certificate, key } = await authorities.identities.issue({ commonName, organization, unit });
    await Promise.all([
      writeSynced(join(msp, 'signcerts', 'cert.pem'), certificate),
      writeSynced(join(msp, 'keystore', 'priv_sk'), key),
    ]);
  });
}

/** `server.crt`, `server.key` and `ca.crt`, as in the tls folder of a peer. */
export async function makeTls(folder: string, tls: Authority, commonName: string, organization: string): Promise<void> {
  await fillOnce(folder, async (unfinished) => {
    const issued: Issued = await tls.issue({
      commonName,
      organization,
      hosts: ['localhost', commonName, '127.0.0.1', '::1'],
    });
    await Promise.all([
      writeSynced(join(unfinished, 'server.crt'), issued.certificate),
      writeSynced(join(unfinished, 'server.key'), issued.key),
      writeSynced(join(unfinished, 'ca.crt'), tls.certificatePem),
    ]);
  });
}

/** A host name that stands for an organisation: letters, digits and hyphens of its MSP id. */
export function hostName(mspId: string): string {
  const name = mspId
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return name === '' ? 'organization' : name;
}

async function writeOrganizationMsp(folder: string, { identities, tls }: Authorities): Promise<void> {
  const identifier = (unit: Role): object => ({
    Certificate: 'cacerts/ca.pem',
    OrganizationalUnitIdentifier: unit,
  });
  const config = stringify({
    NodeOUs: {
      Enable: true,
      ClientOUIdentifier: identifier('client'),
      PeerOUIdentifier: identifier('peer'),
      AdminOUIdentifier: identifier('admin'),
      OrdererOUIdentifier: identifier('orderer'),
    },
  });
  await Promise.all([
    writeSynced(join(folder, 'cacerts', 'ca.pem'), identities.certificatePem),
    writeSynced(join(folder, 'tlscacerts', 'tlsca.pem'), tls.certificatePem),
    writeSynced(join(folder, 'config.yaml'), config),
  ]);
}
