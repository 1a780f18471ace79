import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { consortiumSchema, organizationBySlug } from '../consortium.js';
import { parseId } from '../records/id.js';
import {
  attestationParties,
  attestationPartiesOf,
  endorserSets,
  majoritySets,
  ownerOf,
  providerParties,
} from './endorsers.js';
import { majorityOf } from './expression.js';

const vector = JSON.parse(readFileSync(new URL('../../vectors/consortium.json', import.meta.url), 'utf8')) as {
  consortium: unknown;
};
const consortium = consortiumSchema.parse(vector.consortium);

function organization(slug: string) {
  const found = organizationBySlug(consortium, slug);
  if (found === undefined) throw new Error(`no ${slug}`);
  return found;
}
const cleveland = organization('cleveland');
const hungarian = organization('hungarian');
const auditorA = organization('auditor-a');

describe("a provider's record", () => {
  it('is endorsed by the provider and one other, auditors first', () => {
    expect(endorserSets(providerParties(consortium, cleveland, 1))).toEqual([
      ['ClevelandMSP', 'AuditorAMSP'],
      ['ClevelandMSP', 'AuditorBMSP'],
      ['ClevelandMSP', 'RegulatorMSP'],
    ]);
  });

  it('is endorsed by members of its own epoch', () => {
    expect(providerParties(consortium, hungarian, 1).others).not.toContain('AuditorAMSP');
    expect(providerParties(consortium, hungarian, 2).others).toContain('AuditorAMSP');
  });
});

describe('an attestation', () => {
  it('is endorsed by its author and one other, never by the provider', () => {
    const sets = endorserSets(attestationParties(consortium, auditorA, cleveland, 1));
    expect(sets).toEqual([
      ['AuditorAMSP', 'AuditorBMSP'],
      ['AuditorAMSP', 'RegulatorMSP'],
    ]);
    expect(sets.flat()).not.toContain('ClevelandMSP');
  });

  it('is refused on a subject of the author', () => {
    expect(() => attestationPartiesOf('X', 'X', ['X', 'Y'])).toThrow(
      expect.objectContaining({ code: 'SELF_ATTESTATION', pointer: '/subject' }),
    );
  });

  it('is refused from an auditor who is not a member, and in an epoch in which he was not', () => {
    expect(() => attestationPartiesOf('Z', 'X', ['A', 'B'])).toThrow(expect.objectContaining({ code: 'NOT_A_MEMBER' }));
    expect(() => attestationParties(consortium, auditorA, hungarian, 1)).toThrow(
      expect.objectContaining({ code: 'NOT_A_MEMBER' }),
    );
    expect(attestationParties(consortium, auditorA, hungarian, 2).others).toEqual(['AuditorBMSP', 'RegulatorMSP']);
  });
});

describe('a role record', () => {
  it('is endorsed by a majority with the author, and any other one can be left out', () => {
    const mspIds = consortium.organizations.map(({ mspId }) => mspId);
    for (const author of mspIds) {
      const sets = majoritySets(consortium, author);
      for (const set of sets) {
        expect(set[0]).toBe(author);
        expect(new Set(set).size).toBe(majorityOf(mspIds.length));
        expect(set).toHaveLength(majorityOf(mspIds.length));
      }
      for (const silent of mspIds.filter((mspId) => mspId !== author)) {
        expect(sets.some((set) => !set.includes(silent))).toBe(true);
      }
    }
  });
});

describe('ownerOf', () => {
  it('finds the organisation that an id names', () => {
    expect(ownerOf(consortium, parseId('model:hungarian/a@1'))).toBe(hungarian);
    expect(() => ownerOf(consortium, parseId('model:nobody/a@1'), '/id')).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_ORGANIZATION', pointer: '/id' }),
    );
  });
});
