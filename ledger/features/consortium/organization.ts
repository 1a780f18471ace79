import { join } from 'node:path';
import { Authority, keyPem, write, writeKeyPair } from './certificates.js';

const NODE_OUS = `NodeOUs:
  Enable: true
  ClientOUIdentifier: {Certificate: cacerts/ca.pem, OrganizationalUnitIdentifier: client}
  PeerOUIdentifier: {Certificate: cacerts/ca.pem, OrganizationalUnitIdentifier: peer}
  AdminOUIdentifier: {Certificate: cacerts/ca.pem, OrganizationalUnitIdentifier: admin}
  OrdererOUIdentifier: {Certificate: cacerts/ca.pem, OrganizationalUnitIdentifier: orderer}
`;

/** An organisation's folders as Fabric's tools lay them out. */
export class Organization {
  private constructor(
    readonly mspId: string,
    readonly folder: string,
  ) {}

  static async create(base: string, mspId: string, nodeUnit: 'peer' | 'orderer'): Promise<Organization> {
    const folder = join(base, mspId);
    const authority = await Authority.create(mspId.toLowerCase());
    const tls = await Authority.create(`tls.${mspId.toLowerCase()}`);
    const node = await authority.issue(`node0.${mspId}`, { unit: nodeUnit });
    const user = await authority.issue(`User1.${mspId}`, { unit: 'client' });
    const organization = new Organization(mspId, folder);
    for (const msp of [join(folder, 'msp'), join(folder, 'node', 'msp')]) {
      write(join(msp, 'cacerts', 'ca.pem'), authority.root.certificate.toString('pem'));
      write(join(msp, 'tlscacerts', 'ca.pem'), tls.root.certificate.toString('pem'));
      write(join(msp, 'config.yaml'), NODE_OUS);
    }
    await writeKeyPair(join(folder, 'node', 'msp'), node);
    await writeKeyPair(join(folder, 'users', `User1@${mspId}`, 'msp'), user);
    const server = await tls.issue(`node0.${mspId}`, { hosts: ['localhost', '127.0.0.1'] });
    write(join(folder, 'node', 'tls', 'server.crt'), server.certificate.toString('pem'));
    write(join(folder, 'node', 'tls', 'server.key'), await keyPem(server.keys));
    return organization;
  }
}
