import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadTopology } from './load.js';

const orgConfigs = resolve(import.meta.dirname, '../../../org-configs');

describe('loadTopology', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'topology-'));
    cpSync(orgConfigs, folder, { recursive: true });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const edit = (file: string, from: string | RegExp, to: string) => {
    const path = join(folder, file);
    const text = readFileSync(path, 'utf8');
    const edited = text.replace(from, to);
    expect(edited).not.toBe(text);
    writeFileSync(path, edited);
  };
  const load = () => loadTopology({ consortium: join(folder, 'consortium.yaml') });
  const refusal = (message: RegExp) => {
    expect(load).toThrow(
      expect.objectContaining({ code: 'TOPOLOGY_INVALID', message: expect.stringMatching(message) }),
    );
  };

  it('reads the consortium of the checkout', () => {
    const topology = loadTopology();
    expect(topology.organizations).toHaveLength(7);
    expect(topology.consortium.organizations.map(({ slug }) => slug)).toEqual(
      topology.organizations.map(({ slug }) => slug),
    );
    expect(topology.organizations[0]?.peers[0]?.name).toBe('peer0.cleveland');
  });

  it('reads another file of org-configs by its name', () => {
    expect(loadTopology({ consortium: 'small' }).organizations).toHaveLength(5);
  });

  it('moves every port with the base port', () => {
    const here = loadTopology({ basePort: 20000 });
    const there = loadTopology({ basePort: 21000 });
    expect((there.organizations[6]?.gatewayPort ?? 0) - (here.organizations[6]?.gatewayPort ?? 0)).toBe(1000);
  });

  it('names each of several peers and orderers', () => {
    edit('organizations/cleveland.yaml', 'peers: 1', 'peers: 2');
    edit('consortium.yaml', 'nodes: 1', 'nodes: 3');
    const topology = load();
    expect(topology.organizations[0]?.peers.map(({ name }) => name)).toEqual(['peer0.cleveland', 'peer1.cleveland']);
    expect(topology.ordering.nodes.map(({ name }) => name)).toEqual(['orderer0', 'orderer1', 'orderer2']);
  });

  it('names file and field of an unknown field', () => {
    edit('organizations/cleveland.yaml', 'peers: 1', 'peers: 1\npear: 2');
    refusal(/organizations\/cleveland\.yaml: .*pear/);
  });

  it('names file and field of a wrong value', () => {
    edit('consortium.yaml', 'batchTimeoutMs: 50', 'batchTimeoutMs: soon');
    refusal(/consortium\.yaml: ordering\.batchTimeoutMs: /);
  });

  it('refuses a provider with fewer than two other members', () => {
    edit('organizations/cleveland.yaml', 'auditors: [auditor-a, auditor-b]', 'auditors: []');
    refusal(/consortium\.yaml: organizations\.0: fewer than two members/);
  });

  it('refuses an organisation without an administrator', () => {
    edit('organizations/regulator.yaml', ', admin]', ']');
    refusal(/regulator\.yaml: identities: admin is missing/);
  });

  it('refuses a file under another name than its slug', () => {
    edit('organizations/regulator.yaml', 'slug: regulator', 'slug: supervisor');
    refusal(/regulator\.yaml: slug: is supervisor/);
  });

  it('refuses an organisation that has no file', () => {
    edit('consortium.yaml', 'regulator]', 'regulator, nobody]');
    refusal(/nobody\.yaml/);
  });

  it('refuses an orderer with the identity of an organisation', () => {
    edit('consortium.yaml', 'mspId: OrdererMSP', 'mspId: RegulatorMSP');
    refusal(/ordering\.mspId/);
  });

  it('refuses what is not YAML', () => {
    edit('consortium.yaml', 'channel:', 'channel: [');
    refusal(/consortium\.yaml: /);
  });

  it('says where it looked for a consortium that is not there', () => {
    expect(() => loadTopology({ consortium: 'nowhere' })).toThrow(/org-configs\/nowhere\.yaml/);
  });
});
