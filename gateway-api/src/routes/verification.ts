import {
  compareFiles,
  countSchema,
  digestSchema,
  fileSchema,
  type Header,
  isPrivateHeader,
  type PrivateRecord,
  presentationSchema,
  privateValues,
  ProofwardError,
  sampleProofSchema,
  verifyPresentation,
  verifySample,
} from '@proofward/evidence';
import { z } from 'zod';
import { requireScope } from '../identity/authenticator.js';
import { type Kind, operationNoun } from '../kinds.js';
import { idIn, requireRecord } from './record-routes.js';
import { type Route, route } from './route.js';
import type { Services } from './services.js';

const presentedFileSchema = fileSchema.extend({ size: fileSchema.shape.size.optional() });
const dataBody = {
  files: z.array(presentedFileSchema).min(1).max(10_000).optional(),
  /** Of a dataset's samples, or Model Signing's over a model's files. */
  root: digestSchema.optional(),
};
const sampleBody = {
  /** How many samples the root is over. */
  count: countSchema.optional(),
  /** One sample, and its path to the recorded root. */
  sample: sampleProofSchema.extend({ record: z.record(z.string(), z.json()) }).optional(),
};
const oneOf = 'files, root or sample: one of them';
const datasetBodySchema = z
  .strictObject({ ...dataBody, ...sampleBody })
  .refine(({ files, root, sample }) => [files, root, sample].filter((one) => one !== undefined).length === 1, oneOf)
  .refine(({ count, root }) => count === undefined || root !== undefined, 'count belongs to root');
const modelBodySchema = z
  .strictObject(dataBody)
  .refine(({ files, root }) => (files === undefined) !== (root === undefined), 'files or root: one of them');
type DataBody = z.output<typeof datasetBodySchema>;

const common = {
  method: 'post',
  query: {},
  fromReadModel: true,
  scope: 'records:read',
} as const;
const errors = [
  'INVALID_ID',
  'RECORD_NOT_FOUND',
  'UNKNOWN_FILTER',
  'READ_MODEL_BEHIND',
  'READ_MODEL_UNAVAILABLE',
] as const;

/** Whether what somebody has is what was recorded. */
export function verificationRoute(kind: Kind, one: string, services: Services): Route {
  const path = `${one}/verify`;
  const operationId = `verify${operationNoun(kind)}`;
  if (kind.verifies === 'presentation') {
    return route({
      ...common,
      path,
      operationId,
      summary: 'Checks presented fields against the public commitment. Needs no access to the private part.',
      body: presentationSchema,
      answer: 'PresentationVerification',
      errors,
      answerTo: async (request) => {
        const { record, height } = await requireRecord(services, idIn(kind, request.path));
        const fields = verifyFields(services.config.channel, record.header, request.body);
        const result = fields.every((field) => field.result === 'match') ? 'match' : 'mismatch';
        return { status: 200, body: { result, fields, blockHeight: height } };
      },
    });
  }
  return route({
    ...common,
    path,
    operationId,
    summary:
      kind.type === 'dataset'
        ? 'Compares files, the root over all samples, or one sample and its path with what was recorded, and says which differs. For members of the collection.'
        : "Compares files, or Model Signing's root over them, with what was recorded, and says which differs. For members of the collection.",
    body: kind.type === 'dataset' ? datasetBodySchema : modelBodySchema,
    answer: 'DataVerification',
    errors: [...errors, 'NOT_A_MEMBER', 'PRIVATE_DATA_MISSING', 'PRIVATE_DATA_ERASED'],
    answerTo: async (request) => {
      const { record, height } = await requireRecord(services, idIn(kind, request.path));
      if (!services.viewer.isMember(record.header)) {
        throw new ProofwardError('NOT_A_MEMBER', "the organisation is not a member of the record's collection");
      }
      requireScope(request.caller, 'private:read');
      const { privatePart } = record;
      if (privatePart === 'missing')
        throw new ProofwardError('PRIVATE_DATA_MISSING', 'the private part has not arrived yet');
      if (privatePart === 'erased') throw new ProofwardError('PRIVATE_DATA_ERASED', 'the private part was erased');
      request.caller.reads.add(record.header.id);
      return { status: 200, body: { ...compareData(recordedData(privatePart), request.body), blockHeight: height } };
    },
  });
}

function verifyFields(channel: string, header: Header, presentation: z.output<typeof presentationSchema>) {
  if (!isPrivateHeader(header)) return [];
  const { type, id, privateRevision, schema, commitment } = header;
  return verifyPresentation({ channel, type, id, revision: privateRevision }, schema, commitment, presentation).map(
    ({ name, match }) => ({ name, result: match ? ('match' as const) : ('mismatch' as const) }),
  );
}

/** What is to be compared with, as a dataset or a model has it. */
const recordedSchema = z.object({
  files: z.array(fileSchema).optional(),
  digestOrigin: z.enum(['native', 'external']).optional(),
  samples: z.object({ root: digestSchema, count: countSchema }).optional(),
  fingerprint: z
    .object({ files: z.array(fileSchema), manifest: z.object({ root: digestSchema }).optional() })
    .optional(),
});
type RecordedData = z.output<typeof recordedSchema>;

function recordedData(record: PrivateRecord): RecordedData {
  return recordedSchema.parse(privateValues(record));
}

/** What is presented and was never recorded is `unexpected`, as a file is. */
function compareData(recorded: RecordedData, { files, root, count, sample }: DataBody) {
  const { digestOrigin, samples, fingerprint } = recorded;
  const origin = digestOrigin === undefined ? {} : { digestOrigin };
  if (files !== undefined) {
    const compared = compareFiles(recorded.files ?? fingerprint?.files ?? [], files);
    return { result: all(compared.map(({ result }) => result)), files: compared, ...origin };
  }
  if (sample !== undefined) {
    const { record, ...proof } = sample;
    const isIn = samples !== undefined && verifySample(samples, record, proof);
    const result = samples === undefined ? 'unexpected' : isIn ? 'match' : 'mismatch';
    return { result: all([result]), sample: { index: proof.index, result } } as const;
  }
  const known = fingerprint?.manifest ?? samples;
  const isSame = known?.root === root && (count === undefined || count === samples?.count);
  const result = known === undefined ? 'unexpected' : isSame ? 'match' : 'mismatch';
  return {
    result: all([result]),
    root: { result, ...(samples === undefined ? {} : { count: samples.count }) },
  } as const;
}

function all(results: readonly string[]): 'match' | 'mismatch' {
  return results.every((result) => result === 'match') ? 'match' : 'mismatch';
}
