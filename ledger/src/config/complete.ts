import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LedgerFault, messageOf } from '../errors.js';
import { Authority } from '../identity/authority.js';
import {
  type Authorities,
  hostName,
  makeIdentity,
  makeOrganization,
  makeTls,
  openAuthorities,
} from '../identity/made-identities.js';
import { filesIn } from '../identity/msp-folder.js';
import type { Log } from '../log.js';
import { chooseAddresses } from './addresses.js';
import type {
  EndpointConfig,
  OrdererConfig,
  OrganizationConfig,
  ReadConfig,
  ReadOrganization,
  ResolvedConfig,
} from './schema.js';

type Tls = Pick<EndpointConfig, 'tls' | 'tlsRoot'>;

interface Material extends Tls {
  readonly msp: string;
  readonly users: string;
  readonly peerMsp: string;
}

/**
 * Makes what the configuration leaves out, under the data folder, once: the next start finds it there. Organisations are
 * in `organizations/<MSP id>`, laid out as by Fabric's own tools.
 */
export async function complete(config: ReadConfig, log: Log): Promise<ResolvedConfig> {
  const addresses = await chooseAddresses(config, log);
  const organizations = await Promise.all(
    config.organizations.map(async (organization, i): Promise<OrganizationConfig> => {
      const path = `organizations.${i}`;
      const made = await materialOf(organization, folderOf(config, organization.mspId), path);
      const listen = addresses.get(organization.mspId) ?? '';
      return {
        mspId: organization.mspId,
        msp: made.msp,
        users: made.users,
        peer: {
          listen,
          address: organization.peer.address ?? listen,
          msp: made.peerMsp,
          tls: made.tls,
          tlsRoot: made.tlsRoot,
          disabledFile: organization.peer.disabledFile,
        },
      };
    }),
  );
  return {
    ...config,
    organizations,
    orderer: await completeOrderer(config, addresses.get(config.orderer.mspId) ?? ''),
  };
}

function folderOf(config: ReadConfig, mspId: string): string {
  return join(config.data, 'organizations', mspId);
}

async function materialOf({ mspId, msp, peer }: ReadOrganization, folder: string, path: string): Promise<Material> {
  const node = join(folder, 'peers', 'peer0');
  const commonName = `peer0.${hostName(mspId)}`;
  const wanted = { folder, node, commonName, mspId, path: `${path}.peer.tls.cert` };
  if (msp === undefined) {
    const authorities = await openAuthorities(folder, mspId);
    await Promise.all([
      makeOrganization(folder, mspId, authorities),
      makeIdentity(node, authorities, commonName, mspId, 'peer'),
    ]);
    const made = { msp: join(folder, 'msp'), users: join(folder, 'users'), peerMsp: join(node, 'msp') };
    return { ...made, ...(await tlsOf({ given: peer.tls, msp: made.msp, authority: authorities.tls, ...wanted })) };
  }
  const peerMsp =
    peer.msp ?? (await nodeOf({ mspId, msp, folder: node, commonName, unit: 'peer', path: `${path}.peer.msp` }));
  return {
    msp,
    users: join(dirname(msp), 'users'),
    peerMsp,
    ...(await tlsOf({ given: peer.tls, msp, authority: await tlsAuthorityBeside(msp), ...wanted })),
  };
}

interface WantedNode {
  readonly mspId: string;
  readonly msp: string;
  /** Where it is made. */
  readonly folder: string;
  readonly commonName: string;
  readonly unit: 'peer' | 'orderer';
  readonly path: string;
}

/** An identity for the node of a given organisation: issued with the CA's key, or else the node that lies beside it. */
async function nodeOf({ mspId, msp, folder, commonName, unit, path }: WantedNode): Promise<string> {
  const made = join(folder, 'msp');
  if (existsSync(made)) return made;
  const home = dirname(msp);
  const identities = await Authority.beside(join(home, 'ca'), filesIn(join(msp, 'cacerts')));
  if (identities !== undefined) {
    const tls = (await Authority.beside(join(home, 'tlsca'), filesIn(join(msp, 'tlscacerts')))) ?? identities;
    await makeIdentity(folder, { identities, tls }, commonName, mspId, unit);
    return made;
  }
  const nodes = join(home, `${unit}s`);
  for (const name of existsSync(nodes) ? (await readdir(nodes)).sort() : []) {
    const found = join(nodes, name, 'msp');
    if (existsSync(join(found, 'signcerts'))) return found;
  }
  throw new LedgerFault(
    'CONFIG_INVALID',
    `${path} is left out, and no ${unit} of ${mspId} can be made: its CA's key is not in ${join(home, 'ca')}`,
    `give ${path}, or leave the organization's msp out too`,
  );
}

interface WantedTls {
  readonly given: { readonly cert: string; readonly key: string } | undefined;
  readonly msp: string;
  readonly authority: Authority | undefined;
  /** Of the organisation, and in it the node's: where it is made. */
  readonly folder: string;
  readonly node: string;
  readonly commonName: string;
  readonly mspId: string;
  readonly path: string;
}

/** A given certificate with its root, or a new one by the organisation's TLS CA, or by one that is made for it. */
async function tlsOf({ given, msp, authority, folder, node, commonName, mspId, path }: WantedTls): Promise<Tls> {
  if (given !== undefined) return { tls: given, tlsRoot: rootOf(given.cert, msp, path) };
  const made = join(node, 'tls');
  const issuer = authority ?? (await Authority.open(join(folder, 'tlsca'), `tlsca.${hostName(mspId)}`, mspId));
  await makeTls(made, issuer, commonName, mspId);
  return { tls: { cert: join(made, 'server.crt'), key: join(made, 'server.key') }, tlsRoot: join(made, 'ca.crt') };
}

async function tlsAuthorityBeside(msp: string): Promise<Authority | undefined> {
  return Authority.beside(join(dirname(msp), 'tlsca'), filesIn(join(msp, 'tlscacerts')));
}

/** The certificate by which a client can verify `cert`. */
function rootOf(cert: string, msp: string, path: string): string {
  const roots = [...filesIn(join(msp, 'tlscacerts')), ...filesIn(join(msp, 'cacerts'))];
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(readFileSync(cert));
  } catch (cause) {
    throw new LedgerFault(
      'FILE_UNREADABLE',
      `${path}: cannot read the certificate ${cert} (${messageOf(cause)})`,
      'give a PEM certificate',
      {
        cause,
      },
    );
  }
  const candidates = [...roots, join(dirname(cert), 'ca.crt'), cert];
  const issuer = candidates.find((file) => {
    try {
      const authority = new X509Certificate(readFileSync(file));
      return leaf.checkIssued(authority) && leaf.verify(authority.publicKey);
    } catch {
      return false;
    }
  });
  // With intermediate CAs the root is not the issuer.
  return issuer ?? roots[0] ?? cert;
}

async function completeOrderer({ data, orderer }: ReadConfig, listen: string): Promise<OrdererConfig> {
  const { mspId } = orderer;
  const folder = join(data, 'organizations', mspId);
  const commonName = `orderer0.${hostName(mspId)}`;
  const node = join(folder, 'orderers', 'orderer0');
  const wanted = { given: orderer.tls, folder, node, commonName, mspId, path: 'orderer.tls.cert' };
  if (orderer.msp === undefined) {
    const authorities: Authorities = await openAuthorities(folder, mspId);
    await Promise.all([
      makeOrganization(folder, mspId, authorities),
      makeIdentity(node, authorities, commonName, mspId, 'orderer'),
    ]);
    const msp = join(folder, 'msp');
    const tls = await tlsOf({ msp, authority: authorities.tls, ...wanted });
    return { mspId, msp, node: { msp: join(node, 'msp') }, listen, ...tls };
  }
  const { msp } = orderer;
  const nodeMsp =
    orderer.node.msp ??
    (await nodeOf({ mspId, msp, folder: node, commonName, unit: 'orderer', path: 'orderer.node.msp' }));
  const tls = await tlsOf({ msp, authority: await tlsAuthorityBeside(msp), ...wanted });
  return { mspId, msp, node: { msp: nodeMsp }, listen, ...tls };
}
