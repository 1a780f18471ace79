import { describe, expect, it } from '@jest/globals';
import { headerMembersOf, headerSchemas, publicSchemaOf, publicSchemas } from './header.js';
import { recordTypes } from './id.js';
import { hasPrivatePart, privateSchemaOf, privateSchemas } from './private.js';
import { schemaVersionOf } from './versions.js';

describe.each(recordTypes)('the schema versions of a %s', (type) => {
  const inForce = schemaVersionOf(type);

  it('end with the one in force, and there is none before the first or after that', () => {
    expect(publicSchemaOf(type, inForce)).toBe(publicSchemas[type]);
    expect(headerSchemas[type].shape.schema.value).toBe(inForce);
    if (hasPrivatePart(type)) expect(privateSchemaOf(type, inForce)).toBe(privateSchemas[type]);
    for (const unknown of [0, inForce + 1, 0.5]) {
      expect(publicSchemaOf(type, unknown)).toBeUndefined();
      if (hasPrivatePart(type)) expect(privateSchemaOf(type, unknown)).toBeUndefined();
    }
  });

  it('have schemas of their own, each with what its author gives in its header', () => {
    for (let version = 1; version <= inForce; version++) {
      expect(headerMembersOf(type)).toEqual(
        expect.arrayContaining(Object.keys(publicSchemaOf(type, version)?.shape ?? { none: version })),
      );
      if (hasPrivatePart(type)) expect(privateSchemaOf(type, version)).toBeDefined();
    }
  });
});
