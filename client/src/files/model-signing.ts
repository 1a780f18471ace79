import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { digestSchema, type FileDigest, weightsRoot } from '@proofward/evidence';
import { z } from 'zod';
import { FingerprintError } from './errors.js';

/** What OpenSSF Model Signing leaves out of a model's folder by default, beside the signature itself. */
export const modelSigningIgnores = ['.git', '.gitattributes', '.github', '.gitignore', 'model.sig'] as const;

/** The form of the statement that Model Signing v1 signs. */
const predicateType = 'https://model_signing/signature/v1.0';

/** The root over a model's files; see evidence's `weightsRoot`. */
export const modelSigningRoot: (files: readonly FileDigest[]) => string = weightsRoot;

const bundleSchema = z.object({ dsseEnvelope: z.object({ payload: z.base64() }) });
const statementSchema = z.object({
  predicateType: z.literal(predicateType),
  subject: z.tuple([z.object({ digest: z.object({ sha256: digestSchema }) })]),
  predicate: z.object({
    resources: z.array(z.object({ name: z.string(), algorithm: z.string(), digest: z.string() })),
  }),
});

/**
 * The manifest of a model's record: its root and, where a Model Signing bundle (`model.sig`) is given, the SHA-256 of the
 * statement in it. That the bundle is about these files is checked, whose signature it bears is not.
 *
 * @throws FingerprintError where the bundle is none, or names other files
 */
export async function modelManifest(
  files: readonly FileDigest[],
  bundle?: string,
): Promise<{ root: string; statement?: string }> {
  const root = modelSigningRoot(files);
  if (bundle === undefined) return { root };
  const payload = Buffer.from(bundleSchema.parse(await jsonIn(bundle)).dsseEnvelope.payload, 'base64');
  const { subject, predicate } = statementSchema.parse(JSON.parse(payload.toString('utf8')));
  const signed = new Map(predicate.resources.map(({ name, algorithm, digest }) => [name, `${algorithm}:${digest}`]));
  const different = files.find(({ path, sha256 }) => signed.get(path) !== `sha256:${sha256}`);
  if (different !== undefined) throw new FingerprintError(bundle, `it is of another ${different.path}`);
  if (signed.size !== files.length) throw new FingerprintError(bundle, 'it is of more files than these');
  if (subject[0].digest.sha256 !== root) throw new FingerprintError(bundle, 'its root is not that of its files');
  return { root, statement: createHash('sha256').update(payload).digest('hex') };
}

async function jsonIn(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw new FingerprintError(file, 'not a Model Signing bundle');
    throw error;
  }
}
