import { X509Certificate } from 'node:crypto';
import { readdirSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { EndpointConfig, ResolvedConfig } from './config/schema.js';
import { diskFault } from './errors.js';
import { filesIn } from './identity/msp-folder.js';
import type { PeerNode } from './peer/peer-node.js';

export interface UserProfile {
  readonly name: string;
  readonly certPath: string;
  readonly keyPath: string;
}

export interface ConnectionProfile {
  readonly channel: string;
  readonly orgs: readonly {
    readonly mspId: string;
    readonly peerEndpoint: string;
    readonly peerHostAlias: string;
    readonly tlsRootPath: string;
    readonly users: readonly UserProfile[];
  }[];
  readonly orderer: {
    readonly mspId: string;
    readonly endpoint: string;
    readonly hostAlias: string;
    readonly tlsRootPath: string;
  };
  readonly chaincodes: readonly { readonly name: string }[];
}

/** Tells a client all that it needs: written when the ledger is ready, under its name only when it is complete. */
export function writeConnectionProfile(config: ResolvedConfig, peers: readonly PeerNode[]): string {
  const profile: ConnectionProfile = {
    channel: config.channel,
    orgs: peers.map((node) => ({
      mspId: node.mspId,
      peerEndpoint: node.config.peer.listen,
      peerHostAlias: tlsName(node.config.peer),
      tlsRootPath: node.config.peer.tlsRoot,
      users: usersIn(node.config.users),
    })),
    orderer: {
      mspId: config.orderer.mspId,
      endpoint: config.orderer.listen,
      hostAlias: tlsName(config.orderer),
      tlsRootPath: config.orderer.tlsRoot,
    },
    chaincodes: config.chaincodes.map(({ name }) => ({ name })),
  };
  const path = join(config.data, 'connection.json');
  try {
    writeFileSync(`${path}.new`, `${JSON.stringify(profile, null, 2)}\n`);
    renameSync(`${path}.new`, path);
  } catch (cause) {
    throw diskFault(path, cause);
  }
  return path;
}

/** The name under which a client can verify the endpoint's certificate. */
function tlsName({ tls }: EndpointConfig): string {
  const names = new X509Certificate(readFileSync(tls.cert)).subjectAltName ?? '';
  return /DNS:([^,\s]+)/.exec(names)?.[1] ?? 'localhost';
}

/** Nobody is to take a ledger that is only starting for one that is ready. */
export function removeConnectionProfile(data: string): void {
  const path = join(data, 'connection.json');
  try {
    rmSync(path, { force: true });
  } catch (cause) {
    throw diskFault(path, cause);
  }
}

function usersIn(users: string): UserProfile[] {
  if (!existsSync(users)) return [];
  return readdirSync(users)
    .sort()
    .flatMap((name) => {
      const certPath = filesIn(join(users, name, 'msp', 'signcerts'))[0];
      const keyPath = filesIn(join(users, name, 'msp', 'keystore'))[0];
      return certPath === undefined || keyPath === undefined ? [] : [{ name: basename(name), certPath, keyPath }];
    });
}
