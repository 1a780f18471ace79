import fc from 'fast-check';

/** As much of JSON Schema (2020-12) as the API's document uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  propertyNames?: Schema;
  items?: Schema | false;
  prefixItems?: Schema[];
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
}

type Value = fc.Arbitrary<unknown>;

/** Beyond that a schema that contains itself ends, with a value that it does not describe. */
const deepest = 14;

/** Random values that a schema describes, with what is there on the ledger where it fits. */
export class SchemaValues {
  /**
   * @param root the document that references are into
   * @param known ids, names, digests and times that mean something where they are sent
   */
  constructor(
    private readonly root: unknown,
    private readonly known: readonly string[],
  ) {}

  of(schema: Schema, depth = 0): Value {
    if (depth > deepest) return fc.constant('deep');
    if (schema.$ref !== undefined) return this.of(this.resolve(schema.$ref), depth + 1);
    if ('const' in schema) return fc.constant(schema.const);
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices !== undefined) return fc.oneof(...choices.map((one) => this.of(one, depth + 1)));
    if (schema.allOf !== undefined) {
      const parts = schema.allOf.map((part) => (part.$ref === undefined ? part : this.resolve(part.$ref)));
      return this.of(Object.assign({}, ...parts) as Schema, depth);
    }
    if (Array.isArray(schema.type)) {
      return fc.oneof(...schema.type.map((type) => this.of({ ...schema, type }, depth)));
    }
    switch (schema.type) {
      case 'object':
        return this.object(schema, depth);
      case 'array':
        return this.array(schema, depth);
      case 'string':
        return this.text(schema);
      case 'integer':
      case 'number':
        return numberOf(schema);
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      default:
        return fc.jsonValue({ maxDepth: 2 });
    }
  }

  private object(schema: Schema, depth: number): Value {
    const { properties = {}, required = [], additionalProperties, propertyNames } = schema;
    // A member that need not be there is left out below a depth.
    const members = Object.entries(properties).filter(([name]) => depth < deepest || required.includes(name));
    const model = Object.fromEntries(members.map(([name, member]) => [name, this.of(member, depth + 1)]));
    const written = fc.record(model, { requiredKeys: required.filter((name) => name in model) });
    if (typeof additionalProperties !== 'object' || depth >= deepest) return written;
    const names = propertyNames === undefined ? fc.string({ minLength: 1, maxLength: 8 }) : this.of(propertyNames);
    const more = fc.dictionary(names.map(String), this.of(additionalProperties, depth + 1), { maxKeys: 2 });
    return fc.tuple(more, written).map(([others, own]) => ({ ...others, ...own }));
  }

  private array({ items, prefixItems, minItems = 0, maxItems = 4 }: Schema, depth: number): Value {
    if (prefixItems !== undefined) return fc.tuple(...prefixItems.map((item) => this.of(item, depth + 1)));
    const maxLength = Math.max(minItems, Math.min(maxItems, depth >= deepest ? 0 : 3));
    const item = typeof items === 'object' ? this.of(items, depth + 1) : fc.jsonValue({ maxDepth: 1 });
    return fc.array(item, { minLength: minItems, maxLength });
  }

  private text({ pattern, minLength = 0, maxLength = 4096 }: Schema): Value {
    const size = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, 12)) };
    const free = pattern === undefined ? fc.string({ ...size, unit: 'grapheme' }) : matching(pattern);
    const form = pattern === undefined ? undefined : new RegExp(pattern, 'u');
    const fit = this.known.filter(
      (text) => (form?.test(text) ?? true) && text.length >= minLength && text.length <= maxLength,
    );
    return fit.length === 0 ? free : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...fit) }, free);
  }

  private resolve(reference: string): Schema {
    let found: unknown = this.root;
    for (const part of reference.slice(2).split('/')) found = (found as Record<string, unknown>)[part];
    return found as Schema;
  }
}

function matching(pattern: string): Value {
  try {
    return fc.stringMatching(new RegExp(pattern, 'u'), { size: 'small' });
  } catch {
    // fast-check makes no texts for a look-ahead.
    return fc.string({ minLength: 1, maxLength: 24 });
  }
}

function numberOf({ type, minimum, maximum, exclusiveMinimum }: Schema): Value {
  const [min, max] = [minimum ?? exclusiveMinimum ?? -1_000_000, maximum ?? 1_000_000];
  if (type === 'integer')
    return fc.oneof(fc.integer({ min, max: Math.min(max, min + 1_000) }), fc.constantFrom(min, max));
  return fc.double({ min, max, noNaN: true });
}

/** What a value is put in the place of, where another one is meant. */
const odd: unknown[] = [
  ...[null, true, 0, -1, 1.5, 2 ** 53, 1e308, '', ' ', '\u0000', '\ud800', 'x'.repeat(5_000), '../..', '%2e', '1e3'],
  ...[
    '2026-02-30T00:00:00.000Z',
    '9999-12-31T23:59:59.999Z',
    '0000-01-01T00:00:00.000Z',
    'a'.repeat(64),
    '0'.repeat(64),
  ],
  ...[[], {}, [[]], [null], { a: 1 }, Array.from({ length: 300 }, () => 1), nested(60), nested(80)],
];

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}

/**
 * A value of which something, or a few things, are changed: taken away, put twice, or made something else.
 *
 * @param known what means something elsewhere
 */
export function mutated(value: Value, known: readonly string[]): Value {
  const change = fc.oneof(
    fc.record({
      where: fc.nat(),
      what: fc.constantFrom('replace', 'replace', 'remove', 'add', 'repeat'),
      odd: fc.constantFrom(...odd),
    }),
    // Well-formed, and another one than is meant.
    fc.record({ where: fc.nat(), what: fc.constant('exchange'), odd: fc.constantFrom(...known) }),
  );
  return fc
    .tuple(value, fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([whole, changes]) => changes.reduce<unknown>((found, one) => changed(found, one), whole));
}

interface Change {
  where: number;
  what: string;
  odd: unknown;
}

function changed(value: unknown, change: Change): unknown {
  const copy: unknown = structuredClone(value);
  const places: [holder: Record<string, unknown>, name: string][] = [];
  const walk = (node: unknown) => {
    if (typeof node !== 'object' || node === null) return;
    for (const name of Object.keys(node)) {
      places.push([node as Record<string, unknown>, name]);
      walk((node as Record<string, unknown>)[name]);
    }
  };
  walk(copy);
  const place = places[change.where % Math.max(places.length, 1)];
  if (place === undefined) return change.odd;
  const [holder, name] = place;
  if (change.what === 'exchange') {
    const texts = places.filter(([at, member]) => typeof at[member] === 'string');
    const [at, member] = texts[change.where % Math.max(texts.length, 1)] ?? place;
    at[member] = change.odd;
  } else if (change.what === 'remove') {
    if (Array.isArray(holder)) holder.splice(Number(name), 1);
    else Reflect.deleteProperty(holder, name);
  } else if (change.what === 'repeat' && Array.isArray(holder)) holder.push(structuredClone(holder[Number(name)]));
  else if (change.what === 'add') {
    const names = ['id', 'schema', 'unknown', '__proto__', 'constructor', 'toString', ''];
    const added = names[change.where % names.length] ?? '';
    Object.defineProperty(holder, added, { value: change.odd, enumerable: true, configurable: true, writable: true });
  } else holder[name] = change.odd;
  return copy;
}
