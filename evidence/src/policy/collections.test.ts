import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { consortiumSchema } from '../consortium.js';
import { chaincodePolicy, collectionName, collectionsConfig, implicitCollection } from './collections.js';

const vector = JSON.parse(readFileSync(new URL('../../vectors/consortium.json', import.meta.url), 'utf8')) as {
  consortium: unknown;
};
const consortium = consortiumSchema.parse(vector.consortium);
const configs = collectionsConfig(consortium);
const byName = new Map(configs.map((config) => [config.name, config]));

describe('collectionsConfig', () => {
  it('makes four collections for each provider and epoch, and one for role records', () => {
    expect(configs.map(({ name }) => name)).toEqual([
      'consortium',
      'datasets-cleveland',
      'models-cleveland',
      'audits-cleveland',
      'operations-cleveland',
      'datasets-hungarian',
      'models-hungarian',
      'audits-hungarian',
      'operations-hungarian',
      'datasets-hungarian-e2',
      'models-hungarian-e2',
      'audits-hungarian-e2',
      'operations-hungarian-e2',
    ]);
  });

  it('lets an epoch have only its own members', () => {
    expect(byName.get('models-hungarian')?.policy).toBe(
      "OR('HungarianMSP.member','AuditorBMSP.member','RegulatorMSP.member')",
    );
    expect(byName.get('models-hungarian-e2')?.policy).toContain('AuditorAMSP');
  });

  it.each(['datasets', 'models', 'operations'] as const)('wants the provider and one other for %s', (kind) => {
    expect(byName.get(`${kind}-cleveland`)?.endorsementPolicy.signaturePolicy).toBe(
      "AND('ClevelandMSP.peer',OR('AuditorAMSP.peer','AuditorBMSP.peer','RegulatorMSP.peer'))",
    );
  });

  it('does not count the provider for audits, though it is a member', () => {
    const audits = byName.get('audits-cleveland');
    expect(audits?.policy).toContain('ClevelandMSP');
    expect(audits?.endorsementPolicy.signaturePolicy).toBe(
      "OutOf(2,'AuditorAMSP.peer','AuditorBMSP.peer','RegulatorMSP.peer')",
    );
  });

  it('wants a majority for role records', () => {
    expect(byName.get('consortium')?.endorsementPolicy.signaturePolicy).toMatch(/^OutOf\(3,/);
  });

  it.each(configs)('$name: members only, a copy elsewhere first, an endorsement policy of peers', (config) => {
    expect(config).toMatchObject({ memberOnlyRead: true, memberOnlyWrite: true, requiredPeerCount: 1, blockToLive: 0 });
    expect(config.maxPeerCount).toBeGreaterThanOrEqual(config.requiredPeerCount);
    expect(config.name).toMatch(/^[A-Za-z0-9-]+$/);
    expect(config.endorsementPolicy.signaturePolicy).not.toContain('.member');
    expect(config.endorsementPolicy.signaturePolicy).toContain('.peer');
  });
});

describe('names and policies', () => {
  it('are these', () => {
    expect(collectionName('audits', 'x', 1)).toBe('audits-x');
    expect(collectionName('audits', 'x', 3)).toBe('audits-x-e3');
    expect(implicitCollection('AuditorAMSP')).toBe('_implicit_org_AuditorAMSP');
    expect(chaincodePolicy(consortium)).toBe(
      "OutOf(2,'ClevelandMSP.peer','HungarianMSP.peer','AuditorAMSP.peer','AuditorBMSP.peer','RegulatorMSP.peer')",
    );
  });
});
