import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import {
  type Consortium,
  consortiumSchema,
  mspIdSchema,
  organizationByMspId,
  organizationBySlug,
  otherMembers,
  slugSchema,
} from './consortium.js';

const vector = JSON.parse(readFileSync(new URL('../vectors/consortium.json', import.meta.url), 'utf8')) as {
  consortium: Consortium;
};

/** A copy with one change, as its author would have written it. */
function changed(change: (consortium: Consortium) => void): unknown {
  const consortium = structuredClone(vector.consortium);
  change(consortium);
  return consortium;
}

function organization(consortium: Consortium, slug: string) {
  const found = organizationBySlug(consortium, slug);
  if (found === undefined) throw new Error(`no ${slug}`);
  return found;
}

function messages(value: unknown): string {
  const result = consortiumSchema.safeParse(value);
  return result.success ? 'accepted' : result.error.issues.map(({ message }) => message).join('; ');
}

describe('consortiumSchema', () => {
  it('accepts the consortium of the vectors', () => {
    expect(consortiumSchema.parse(vector.consortium)).toEqual(vector.consortium);
  });

  it.each<[string, (consortium: Consortium) => void, string]>([
    [
      'one member beside the provider',
      (c) => (organization(c, 'cleveland').epochs = [{ auditors: ['auditor-a'], regulators: [] }]),
      'fewer than two members',
    ],
    [
      'one member beside the provider in a past epoch',
      (c) => organization(c, 'cleveland').epochs.unshift({ auditors: [], regulators: ['regulator'] }),
      'fewer than two members',
    ],
    ['a provider without epochs', (c) => (organization(c, 'cleveland').epochs = []), 'at least one epoch'],
    [
      'an auditor with collections',
      (c) => organization(c, 'auditor-a').epochs.push({ auditors: ['auditor-b'], regulators: ['regulator'] }),
      'only a provider has collections',
    ],
    ['a slug twice', (c) => (organization(c, 'hungarian').slug = 'cleveland'), 'used twice'],
    ['an MSP id twice', (c) => (organization(c, 'hungarian').mspId = 'ClevelandMSP'), 'used twice'],
    [
      'a member that nobody knows',
      (c) => organization(c, 'cleveland').epochs[0]?.auditors.push('auditor-c'),
      'not an organisation with the role auditor',
    ],
    [
      'a provider as the auditor of another',
      (c) => organization(c, 'cleveland').epochs[0]?.auditors.push('hungarian'),
      'not an organisation with the role auditor',
    ],
    [
      'a provider as its own auditor',
      (c) => organization(c, 'cleveland').epochs[0]?.auditors.push('cleveland'),
      'not an organisation with the role auditor',
    ],
    [
      'an auditor as a regulator',
      (c) => (organization(c, 'cleveland').epochs = [{ auditors: ['auditor-a'], regulators: ['auditor-b'] }]),
      'not an organisation with the role regulator',
    ],
    ['a member twice', (c) => organization(c, 'cleveland').epochs[0]?.auditors.push('auditor-a'), 'named twice'],
    ['two organisations', (c) => c.organizations.splice(2), '>=3'],
    ['a channel that Fabric refuses', (c) => (c.channel = 'Proofward'), 'not a channel name'],
    ['a slug like an epoch', (c) => (organization(c, 'hungarian').slug = 'cleveland-e2'), 'not a slug'],
  ])('refuses %s', (_, change, message) => {
    expect(messages(changed(change))).toContain(message);
  });

  it('refuses members that it does not know', () => {
    expect(messages({ ...vector.consortium, extra: 1 })).toContain('extra');
  });

  it('takes an organisation as active and verdicts as private, unless it is said', () => {
    const parsed = consortiumSchema.parse({
      channel: 'c',
      organizations: vector.consortium.organizations.map((organization) => ({ ...organization, status: undefined })),
    });
    expect(parsed.verdictVisibility).toBe('members');
    expect(new Set(parsed.organizations.map(({ status }) => status))).toEqual(new Set(['active']));
  });
});

describe('names', () => {
  it.each(['a', 'a-b', 'long-beach-va', '0', 'a'.repeat(32), 'a-e', 'a-e2b', 'e2', 'site-e2-x'])(
    '%s is a slug',
    (slug) => {
      expect(slugSchema.safeParse(slug).success).toBe(true);
    },
  );

  it.each(['', '-a', 'a-', 'A', 'a.b', 'a_b', 'ä', 'a'.repeat(33), 'a\n', 'a/b', 'a\u0000', 'x-e1', 'x-e02', 'x-e10'])(
    '%p is no slug',
    (slug) => {
      expect(slugSchema.safeParse(slug).success).toBe(false);
    },
  );

  it.each(['', '1MSP', 'A B', "A'", 'A.peer', 'A-B', 'Ä', 'A'.repeat(64)])('%p is no MSP id', (mspId) => {
    expect(mspIdSchema.safeParse(mspId).success).toBe(false);
  });
});

describe('members', () => {
  it('stand in the order of preference, regulators last', () => {
    const hungarian = organization(vector.consortium, 'hungarian');
    expect(otherMembers(vector.consortium, hungarian, 1)).toEqual(['AuditorBMSP', 'RegulatorMSP']);
    expect(otherMembers(vector.consortium, hungarian, 2)).toEqual(['AuditorAMSP', 'AuditorBMSP', 'RegulatorMSP']);
    for (const epoch of [0, 3, -1, 1.5]) expect(() => otherMembers(vector.consortium, hungarian, epoch)).toThrow();
  });

  it('are found by slug and by MSP id', () => {
    expect(organizationByMspId(vector.consortium, 'AuditorAMSP')?.slug).toBe('auditor-a');
    expect(organizationByMspId(vector.consortium, 'auditor-a')).toBeUndefined();
    expect(organizationBySlug(vector.consortium, 'AuditorAMSP')).toBeUndefined();
  });
});
