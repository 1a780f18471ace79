import {
  canonicalJson,
  disclosureRequestPrivateSchema,
  type DisclosureRequestPrivate,
  formatId,
  type HeaderOf,
  isPrivateHeader,
  organizationByMspId,
  parseWith,
  type Presentation,
  presentFields,
  type PrivateRecord,
  privateValues,
  ProofwardError,
} from '@proofward/evidence';
import { randomBytes } from 'node:crypto';
import type { Caller } from '../identity/authenticator.js';
import type { CreateCommand } from '../ledger/registrar.js';
import { heldPart } from '../queries/held.js';
import type { Services } from '../routes/services.js';

type Asked = Pick<DisclosureRequestPrivate, 'record' | 'fields'>;

/** What is to be shown: what a request asks for, or, of the owner's own accord, fields of a record to a recipient. */
export interface ShowRequest {
  request?: string | undefined;
  /** What the request asks for, as its author shows it, where it was not served here. */
  asked?: Presentation | undefined;
  refused?: { field: string; reasonCode: string; reason?: string | undefined }[] | undefined;
  recipient?: string | undefined;
  record?: string | undefined;
  fields?: string[] | undefined;
  name?: string | undefined;
  version?: string | undefined;
  effectiveAt?: string | undefined;
}

const askedSchema = disclosureRequestPrivateSchema.pick({ record: true, fields: true });

/**
 * The disclosure that answers: with the fields' salts and paths, which this organisation holds, and what it refuses.
 *
 * @throws ProofwardError INVALID_FIELD, REFERENCE_NOT_FOUND, FORBIDDEN, PRIVATE_DATA_MISSING, PRIVATE_DATA_ERASED
 */
export async function disclosureOf(services: Services, caller: Caller, show: ShowRequest): Promise<CreateCommand> {
  const { slug } = services.config;
  const { asked, recipient, presentations } = await askedBy(services, show);
  const { request, refused = [], name, version, effectiveAt } = show;
  const stray = refused.findIndex(({ field }) => !asked.fields.includes(field));
  if (stray !== -1) {
    throw new ProofwardError('INVALID_FIELD', 'this field was not asked for', { pointer: `/refused/${stray}/field` });
  }
  const shown = asked.fields.filter((field) => !refused.some((one) => one.field === field));
  const presentation = shown.length === 0 ? undefined : await presentationOf(services, caller, asked.record, shown);
  const type = 'disclosure';
  return {
    type,
    id: formatId({ type, org: slug, name: name ?? randomBytes(16).toString('hex'), version: version ?? '1' }),
    publicFields: { recipient },
    privateFields: {
      request,
      record: asked.record,
      presentation,
      refused: refused.length === 0 ? undefined : refused,
    },
    presentations: presentations && canonicalJson(presentations),
    effectiveAt,
  };
}

interface Question {
  asked: Asked;
  recipient: string;
  /** What proves to the endorsers what the request asks for. */
  presentations: Presentation | undefined;
}

async function askedBy(services: Services, show: ShowRequest): Promise<Question> {
  const { request, record, recipient, fields, refused } = show;
  if (request === undefined) {
    if (record === undefined || recipient === undefined || fields === undefined) {
      throw new ProofwardError('INVALID_FIELD', 'give the request, or recipient, record and fields', {
        pointer: '/request',
      });
    }
    if (refused !== undefined) {
      throw new ProofwardError('INVALID_FIELD', 'without a request nothing is refused', { pointer: '/refused' });
    }
    return { asked: { record, fields }, recipient, presentations: undefined };
  }
  for (const member of ['record', 'recipient', 'fields'] as const) {
    if (show[member] !== undefined)
      throw new ProofwardError('INVALID_FIELD', 'the request says this', { pointer: `/${member}` });
  }
  const { value } = await services.records.find(request);
  if (value?.header.type !== 'disclosure-request') {
    throw new ProofwardError('REFERENCE_NOT_FOUND', `there is no ${request}`, { pointer: '/request' });
  }
  const header: HeaderOf<'disclosure-request'> = value.header;
  const { channel, slug } = services.config;
  if (header.addressee !== slug) {
    throw new ProofwardError('FORBIDDEN', `${request} asks ${header.addressee}`, { pointer: '/request' });
  }
  const presentations =
    typeof value.privatePart === 'object'
      ? presentFields(channel, value.privatePart, ['record', 'fields'])
      : show.asked;
  if (presentations === undefined) {
    throw new ProofwardError('INVALID_FIELD', 'the request is not held here; give the fields that it shows', {
      pointer: '/asked',
    });
  }
  const values = Object.fromEntries(presentations.fields.map((field) => [field.name, field.value]));
  const asker = organizationByMspId(services.consortium, header.author);
  return { asked: parseWith(askedSchema, values, '/asked'), recipient: asker?.slug ?? '', presentations };
}

async function presentationOf(
  services: Services,
  caller: Caller,
  id: string,
  names: readonly string[],
): Promise<Presentation> {
  const pointer = '/record';
  const { value } = await services.records.find(id);
  if (value === undefined) throw new ProofwardError('REFERENCE_NOT_FOUND', `there is no ${id}`, { pointer });
  const { header } = value;
  if (header.author !== services.config.mspId) {
    throw new ProofwardError('FORBIDDEN', `${id} is ${header.author}'s to show`, { pointer });
  }
  if (!isPrivateHeader(header)) throw new ProofwardError('INVALID_FIELD', `${id} has no private fields`, { pointer });
  const part: PrivateRecord = heldPart(value);
  caller.reads.add(id);
  const recorded = privateValues(part);
  const absent = names.find((name) => !Object.hasOwn(recorded, name));
  if (absent !== undefined) {
    throw new ProofwardError('INVALID_FIELD', `${id} has no field ${absent}: it can only be refused`, {
      pointer: '/refused',
    });
  }
  return presentFields(services.config.channel, part, names);
}
