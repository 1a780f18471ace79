import { join } from 'node:path';

/** Everything that a network generates and keeps, in one folder that version control ignores. */
export class StateLayout {
  constructor(readonly root: string) {}

  get consortium(): string {
    return join(this.root, 'consortium.json');
  }
  get collections(): string {
    return join(this.root, 'collections_config.json');
  }
  /** What the channel was made of: not to be changed under a running ledger. */
  get shape(): string {
    return join(this.root, 'network.json');
  }
  /** The chaincode definition that this folder's owner last proposed. */
  get definition(): string {
    return join(this.root, 'definition.json');
  }
  get lock(): string {
    return join(this.root, 'lock');
  }
  get logs(): string {
    return join(this.root, 'logs');
  }
  get run(): string {
    return join(this.root, 'run');
  }
  get packages(): string {
    return join(this.root, 'packages');
  }
  get fabric(): string {
    return join(this.root, 'fabric');
  }
  get genesisBlock(): string {
    return join(this.fabric, 'genesis.block');
  }
  get ledgerConfig(): string {
    return join(this.root, 'ledger.yaml');
  }
  get data(): string {
    return join(this.root, 'data');
  }

  /** While this file exists, the embedded ledger keeps that peer down. */
  disabled(peer: string): string {
    return join(this.root, 'disabled', peer);
  }

  log(process: string): string {
    return join(this.logs, `${process}.log`);
  }

  organization(slug: string): OrganizationLayout {
    return new OrganizationLayout(join(this.root, 'crypto', 'peerOrganizations', slug), 'peers');
  }
  get orderer(): OrganizationLayout {
    return new OrganizationLayout(join(this.root, 'crypto', 'ordererOrganization'), 'orderers');
  }
}

/** One organisation's certificates and keys, in the layout of Fabric's own tools. */
export class OrganizationLayout {
  constructor(
    readonly root: string,
    private readonly kind: 'peers' | 'orderers',
  ) {}

  get ca(): string {
    return join(this.root, 'ca');
  }
  get tlsca(): string {
    return join(this.root, 'tlsca');
  }
  get msp(): string {
    return join(this.root, 'msp');
  }
  /** The certificate that vouches for the TLS certificates of this organisation's nodes. */
  get tlsRoot(): string {
    return join(this.tlsca, 'ca.crt');
  }

  node(name: string): NodeLayout {
    return new NodeLayout(join(this.root, this.kind, name));
  }
  user(role: string): NodeLayout {
    return new NodeLayout(join(this.root, 'users', role));
  }
}

/** An identity: its MSP folder and, for whoever listens, its TLS pair. */
export class NodeLayout {
  constructor(readonly root: string) {}

  get msp(): string {
    return join(this.root, 'msp');
  }
  get certificate(): string {
    return join(this.msp, 'signcerts', 'cert.pem');
  }
  get key(): string {
    return join(this.msp, 'keystore', 'priv_sk');
  }
  get tlsCertificate(): string {
    return join(this.root, 'tls', 'server.crt');
  }
  get tlsKey(): string {
    return join(this.root, 'tls', 'server.key');
  }
}
