import { readdirSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ReadConfig } from './config/schema.js';
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
  readonly chaincodes: readonly { readonly name: string }[];
}

/** Tells a client all that it needs: written when the ledger is ready, under its name only when it is complete. */
export function writeConnectionProfile(
  config: Pick<ReadConfig, 'channel' | 'data' | 'chaincodes'>,
  peers: readonly PeerNode[],
): string {
  const profile: ConnectionProfile = {
    channel: config.channel,
    orgs: peers.map((node) => ({
      mspId: node.mspId,
      peerEndpoint: node.address,
      peerHostAlias: node.tlsName(readFileSync(node.config.peer.tls.cert)),
      tlsRootPath: node.config.peer.tlsRoot,
      users: usersIn(node.config.users),
    })),
    chaincodes: config.chaincodes.map(({ name }) => ({ name })),
  };
  const path = join(config.data, 'connection.json');
  writeFileSync(`${path}.new`, `${JSON.stringify(profile, null, 2)}\n`);
  renameSync(`${path}.new`, path);
  return path;
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
