import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical.js';
import {
  commitmentOf,
  privateRecordBytes,
  saltPrivate,
  sealPrivate,
  transitionNoteKey,
  transitionNoteSchema,
} from './commitment.js';

/**
 * The attack of an organisation that is not a member: Fabric shows it the unsalted SHA-256 of each private key and value,
 * and it tries every value that the record could have. Here a dataset has 500 000 possible group sizes.
 */
const candidates = 500_000;
const secret = 271_828;

const hash = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');
const context = { channel: 'proofward', type: 'dataset', id: 'dataset:cleveland/a@1', revision: 1 } as const;
const values = (count: number) => ({ groupSizes: [{ attribute: 'sex', group: 'female', count }] });
const key = new Uint8Array(32).fill(42);

/** Tries all candidates, each put in the place of the secret in a text that the attacker believes to be hashed. */
function guess(shown: string, believed: string): number | undefined {
  const [before = '', after = ''] = believed.split(String(secret));
  for (let count = 0; count < candidates; count++) {
    if (hash(`${before}${count}${after}`) === shown) return count;
  }
  return undefined;
}

describe('guessing a private record from what every peer sees', () => {
  const text = (record: unknown) => canonicalJson(record);
  const unknownSalt = '00'.repeat(32);
  const record = sealPrivate(key, context, values(secret));
  const believed = saltPrivate(context, values(secret), () => unknownSalt);

  it('finds it if it is stored without a salt', () => {
    const unsalted = { schema: 1, type: 'dataset', id: context.id, revision: 1, fields: values(secret) };
    expect(guess(hash(text(unsalted)), text(unsalted))).toBe(secret);
  });

  it('finds it if its salt is known, so the attack is the right one', () => {
    expect(guess(hash(privateRecordBytes(record)), text(record))).toBe(secret);
  });

  it('does not find it as it is stored', () => {
    expect(guess(hash(privateRecordBytes(record)), text(believed))).toBeUndefined();
  });

  it('finds a state change by its reason only if its salt is known, in value and in key', () => {
    const note = { schema: 1, id: context.id, revision: 2, to: 'flagged', reasonCode: 'canary', salt: 'e1'.repeat(32) };
    const reasons = Array.from({ length: 100_000 }, (_, index) => (index === 47_110 ? 'canary' : `reason-${index}`));
    const keyText = (of: object) => text(['proofward/transition/v1', context.channel, of]);
    const find = (shown: string, believed: string, hashed: (text: string) => string) =>
      reasons.find((reason) => hashed(believed.replace('canary', reason)) === shown);

    const shownValue = hash(text(note));
    const shownKey = hash(transitionNoteKey(context.channel, transitionNoteSchema.parse(note)));
    const unknown = { ...note, salt: unknownSalt };
    expect(find(shownValue, text(note), hash)).toBe('canary');
    expect(find(shownKey, keyText(note), (key) => hash(hash(key)))).toBe('canary');
    expect(find(shownValue, text(unknown), hash)).toBeUndefined();
    expect(find(shownKey, keyText(unknown), (key) => hash(hash(key)))).toBeUndefined();
  });

  it('has nothing to try against a commitment without its salts', () => {
    expect(commitmentOf(context.channel, believed)).not.toBe(commitmentOf(context.channel, record));
  });
});
