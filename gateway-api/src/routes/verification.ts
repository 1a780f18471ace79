import {
  compareFiles,
  type FileDigest,
  fileSchema,
  type Header,
  isPrivateHeader,
  type PrivateRecord,
  presentationSchema,
  ProofwardError,
  verifyPresentation,
} from '@proofward/evidence';
import { z } from 'zod';
import { requireScope } from '../identity/authenticator.js';
import { type Kind, operationNoun } from '../kinds.js';
import { idIn, requireRecord } from './record-routes.js';
import { type Route, route } from './route.js';
import type { Services } from './services.js';

const presentedFileSchema = fileSchema.extend({ size: fileSchema.shape.size.optional() });
const filesBodySchema = z.strictObject({ files: z.array(presentedFileSchema).min(1).max(10_000) });

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
    summary: 'Compares the digests of files with the recorded ones. For members of the collection.',
    body: filesBodySchema,
    answer: 'FileVerification',
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
      const files = compareFiles(recordedFiles(privatePart), request.body.files);
      const result = files.every((file) => file.result === 'match') ? 'match' : 'mismatch';
      return { status: 200, body: { result, files, blockHeight: height } };
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

/** A dataset's files, or those of a model's fingerprint. */
function recordedFiles({ fields }: PrivateRecord): FileDigest[] {
  const direct = z.object({ value: z.array(fileSchema) }).safeParse(fields.files);
  if (direct.success) return direct.data.value;
  const fingerprint = z.object({ value: z.object({ files: z.array(fileSchema) }) }).safeParse(fields.fingerprint);
  return fingerprint.success ? fingerprint.data.value.files : [];
}
