import {
  amendableFields,
  changeableOf,
  errorTable,
  headerSchemas,
  privateReaders,
  privateSchemas,
  stateTable,
  writers,
} from '@proofward/evidence';
import { z } from 'zod';

const code = (text) => `\`${text}\``;
const list = (items) => items.map(code).join(', ');

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** What a JSON schema allows, in a few words. */
function formOf(schema) {
  if (schema.$ref !== undefined) return 'any JSON';
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return schema.enum.map(code).join(' or ');
  if (schema.oneOf !== undefined) return schema.oneOf.map(formOf).join(', or ');
  if (schema.type === 'array') return `list of ${formOf(schema.items)}`;
  if (schema.type === 'object' && schema.properties !== undefined) {
    const members = Object.entries(schema.properties).map(
      ([name, member]) => `${code(name)}${schema.required?.includes(name) ? '' : '?'} ${formOf(member)}`,
    );
    return `{ ${members.join('; ')} }`;
  }
  if (schema.type === 'object') return `object of ${formOf(schema.additionalProperties)}`;
  if (schema.pattern === digest) return 'digest';
  if (schema.pattern === time) return 'time';
  if (schema.pattern === decimal) return 'decimal';
  if (schema.pattern !== undefined) return `text of the form ${code(schema.pattern)}`;
  if (schema.type === 'string') return schema.maxLength === undefined ? 'id' : 'text';
  return schema.type;
}

const patternOf = (name) => z.toJSONSchema(privateSchemas.model).properties[name];
const digest = patternOf('environmentDigest').pattern;
const time = patternOf('trainingPeriod').properties.from.pattern;
const decimal = patternOf('differentialPrivacy').properties.epsilon.pattern;

function members(schema) {
  const { properties, required } = z.toJSONSchema(schema);
  return Object.entries(properties).map(([name, member]) => ({
    name,
    always: required.includes(name),
    form: formOf(member),
  }));
}

export function publicMembers() {
  return Object.entries(headerSchemas)
    .map(([type, schema]) => {
      const rows = members(schema).map(({ name, always, form }) => {
        const changes = changeableOf(type).includes(name);
        return [code(name), form, always ? 'yes' : 'no', changes ? 'yes' : 'no'];
      });
      return `**${type}**\n\n${table(['member', 'form', 'always there', 'may change'], rows)}`;
    })
    .join('\n\n');
}

export function privateFields() {
  return Object.entries(privateSchemas)
    .map(([type, schema]) => {
      const rows = members(schema).map(({ name, always, form }) => [code(name), form, always ? 'yes' : 'no']);
      return `**${type}**\n\n${table(['field', 'form', 'always there'], rows)}`;
    })
    .join('\n\n');
}

export function amendable() {
  const rows = Object.entries(amendableFields).map(([type, fields]) => [type, list(fields)]);
  return table(['type', 'fields'], rows);
}

export function states() {
  const rows = Object.entries(stateTable).flatMap(([type, from]) =>
    Object.entries(from).map(([state, to]) => [type, code(state), to.length === 0 ? 'nothing' : list(to)]),
  );
  return table(['type', 'from', 'to'], rows);
}

export function writersTable() {
  const rows = Object.entries(writers).map(([type, { organization, callers }]) => [
    type,
    [organization].flat().join(' or '),
    list(callers),
  ]);
  return `${table(['type', 'organisation', 'role of the caller'], rows)}

Private records are read, in a member organisation, by ${list(privateReaders)}.`;
}

export function errors() {
  const rows = Object.entries(errorTable).map(([name, { status, meaning }]) => [code(name), status, meaning]);
  return table(['code', 'HTTP status', 'meaning'], rows);
}

export function collections({ collections: all, chaincodePolicy }) {
  const rows = all
    .filter(({ name }) => name === 'consortium' || name.includes('hungarian'))
    .map(({ name, policy, endorsementPolicy }) => [code(name), code(policy), code(endorsementPolicy.signaturePolicy)]);
  return `Chaincode: ${code(chaincodePolicy)}

${table(['collection', 'members', 'endorsed by'], rows)}`;
}
