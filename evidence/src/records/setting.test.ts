import { describe, expect, it } from '@jest/globals';
import { maySignAs, minimumVersion, settingKinds, type SettingOf, settingPublicSchema } from './setting.js';

const reviewers = (...entries: SettingOf<'reviewers'>['reviewers']): SettingOf<'reviewers'> => ({
  of: 'reviewers',
  reviewers: entries,
});
const schemas = (...entries: SettingOf<'schemas'>['schemas']): SettingOf<'schemas'> => ({
  of: 'schemas',
  schemas: entries,
});
const isTaken = (value: object) => settingPublicSchema.safeParse({ value, proposal: 'proposal:a/b@1' }).success;

describe('reviewers', () => {
  it('sign off in the function of their own role where nothing else was agreed on', () => {
    expect(maySignAs(undefined, 'qa', 'qa')).toBe(true);
    expect(maySignAs(undefined, 'qa', 'clinical-safety')).toBe(false);
    const other = reviewers({ role: 'clinical-safety', certificates: ['qa'] });
    expect(maySignAs(other, 'qa', 'qa')).toBe(true);
    expect(maySignAs(other, 'qa', 'clinical-safety')).toBe(false);
  });

  it('sign off as was agreed on, and not otherwise', () => {
    const agreed = reviewers({ role: 'qa', certificates: ['clinical-safety'] });
    expect(maySignAs(agreed, 'qa', 'clinical-safety')).toBe(true);
    expect(maySignAs(agreed, 'qa', 'qa')).toBe(false);
    expect(maySignAs(agreed, 'qa', 'service')).toBe(false);
  });

  it('are agreed on once for each function, and of each function somebody', () => {
    expect(isTaken(reviewers({ role: 'qa', certificates: ['qa', 'clinical-safety'] }))).toBe(true);
    expect(isTaken(reviewers())).toBe(false);
    expect(isTaken(reviewers({ role: 'qa', certificates: [] }))).toBe(false);
    expect(isTaken(reviewers({ role: 'qa', certificates: ['qa', 'qa'] }))).toBe(false);
    expect(isTaken(reviewers({ role: 'qa', certificates: ['qa'] }, { role: 'qa', certificates: ['qa'] }))).toBe(false);
    expect(isTaken({ of: 'reviewers', reviewers: [{ role: 'qa', certificates: ['service'] }] })).toBe(false);
  });
});

describe('schema versions', () => {
  it('are all taken where nothing else was agreed on, and from the least that was', () => {
    expect(minimumVersion(undefined, 'model')).toBe(1);
    expect(minimumVersion(schemas({ type: 'model', minimum: 2 }), 'model')).toBe(2);
    expect(minimumVersion(schemas({ type: 'model', minimum: 2 }), 'dataset')).toBe(1);
  });

  it('are agreed on once for each type that has a private part', () => {
    expect(isTaken(schemas({ type: 'model', minimum: 2 }))).toBe(true);
    expect(isTaken(schemas())).toBe(false);
    expect(isTaken(schemas({ type: 'model', minimum: 0 }))).toBe(false);
    expect(isTaken(schemas({ type: 'model', minimum: 2 }, { type: 'model', minimum: 3 }))).toBe(false);
    expect(isTaken({ of: 'schemas', schemas: [{ type: 'policy', minimum: 1 }] })).toBe(false);
  });
});

it('every kind of setting is named', () => {
  const kinds = settingPublicSchema.shape.value.options.map(({ shape }) => shape.of.value);
  expect(kinds).toEqual(settingKinds);
});
