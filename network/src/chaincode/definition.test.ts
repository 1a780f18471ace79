import { describe, expect, it } from '@jest/globals';
import { loadTopology } from '../topology/load.js';
import { nextDefinition, wantedTerms } from './definition.js';

const terms = wantedTerms(loadTopology({ consortium: 'small' }), 'proofward_1.0:aa');

describe('nextDefinition', () => {
  it('starts with sequence 1', () => {
    expect(nextDefinition(terms, undefined, 0)).toEqual({ definition: { ...terms, sequence: 1 }, isCommitted: false });
  });

  it('leaves a committed definition alone', () => {
    expect(nextDefinition(terms, { ...terms, sequence: 3 }, 3).isCommitted).toBe(true);
  });

  it('goes on with a proposal that was not committed', () => {
    const { definition, isCommitted } = nextDefinition(terms, { ...terms, sequence: 3 }, 2);
    expect(definition.sequence).toBe(3);
    expect(isCommitted).toBe(false);
  });

  it.each([
    ['packageId', 'proofward_1.0:bb'],
    ['version', '1.1'],
    ['collections', 'ff'],
    ['endorsementPolicy', "OutOf(1,'A.peer')"],
  ])('upgrades when %s differs', (field, value) => {
    const { definition, isCommitted } = nextDefinition({ ...terms, [field]: value }, { ...terms, sequence: 1 }, 1);
    expect(definition.sequence).toBe(2);
    expect(isCommitted).toBe(false);
  });

  it('upgrades what was committed by somebody else', () => {
    expect(nextDefinition(terms, undefined, 4).definition.sequence).toBe(5);
  });
});
