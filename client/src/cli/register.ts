import { digestSchema, fileSchema, modelPublicSchema, objectSchema, parseWith } from '@proofward/evidence';
import { z } from 'zod';
import type { NewRecord, Recorded } from '../types.js';
import { type Command, required, UsageError } from './arguments.js';
import type { Console } from './console.js';
import { fingerprint } from './fingerprint.js';
import { gateway } from './gateway.js';
import { jsonIn } from './verify.js';

/** Records a dataset or model at the gateway, from its files. */
export async function register(command: Command, console: Console): Promise<Recorded<'dataset'> | Recorded<'model'>> {
  const [what, ...paths] = command.positionals;
  const client = gateway(command);
  const id = { name: required(command.name, '--name'), version: required(command.version, '--version') };
  const more = command.private === undefined ? {} : parseWith(objectSchema, await jsonIn(command.private));
  const grants = command.grant === undefined ? {} : { grants: command.grant };
  switch (what) {
    case 'dataset': {
      const own = await datasetFields(paths, command, console);
      const parents = command.parent === undefined ? {} : { parents: command.parent };
      // The gateway checks every field; what is in the file is for it to judge.
      const fields = { ...more, ...own } as NewRecord<'dataset'>['private'];
      return await client.datasets.create({ ...id, ...parents, ...grants, private: fields });
    }
    case 'model': {
      if (paths.length === 0) throw new UsageError('say which files');
      const { files, manifest } = await fingerprint(paths, { ...command, model: true, records: false }, console);
      const fields = { ...more, fingerprint: { files, manifest } } as NewRecord<'model'>['private'];
      const named = parseWith(modelPublicSchema, {
        purpose: required(command.purpose, '--purpose'),
        datasets: (command.dataset ?? []).map((text) => pair(text, '--dataset ROLE=ID', 'role')),
        parents: (command.parent ?? []).map((text) => pair(text, '--parent RELATION=ID', 'relation')),
        ...grants,
      });
      return await client.models.create({ ...id, ...named, private: fields });
    }
    default:
      throw new UsageError('register dataset or register model');
  }
}

async function datasetFields(paths: readonly string[], command: Command, console: Console) {
  if (command.digests !== undefined) {
    if (paths.length > 0) throw new UsageError('either files or --digests');
    return { files: await foreignDigests(command.digests), digestOrigin: 'external' as const };
  }
  if (paths.length === 0) throw new UsageError('say which files');
  const { files, samples, schemaDigest, groupSizes } = await fingerprint(paths, command, console);
  return {
    files,
    digestOrigin: 'native' as const,
    ...(samples === undefined ? {} : { samples, schemaDigest }),
    ...(groupSizes === undefined || groupSizes.length === 0 ? {} : { groupSizes }),
  };
}

const titleAnnotation = 'org.opencontainers.image.title';
/** A descriptor of the OCI image specification; only SHA-256 is a digest of ours. */
const descriptorSchema = z.object({
  digest: z
    .string()
    .regex(/^sha256:/, 'not a SHA-256 digest')
    .transform((digest) => digest.slice('sha256:'.length))
    .pipe(digestSchema),
  size: z.int().min(0),
  annotations: z.record(z.string(), z.string()).optional(),
});
const digestsSchema = z.union([
  z.array(fileSchema),
  z.object({ layers: z.array(descriptorSchema).min(1) }).transform(({ layers }) =>
    layers.map(({ digest, size, annotations }) => ({
      path: annotations?.[titleAnnotation] ?? digest,
      size,
      sha256: digest,
    })),
  ),
]);

async function foreignDigests(file: string) {
  return parseWith(digestsSchema, await jsonIn(file));
}

function pair(text: string, form: string, name: 'role' | 'relation'): Record<string, string> {
  const [, value, id] = /^([a-z-]+)=(.+)$/.exec(text) ?? [];
  if (value === undefined || id === undefined) throw new UsageError(`${text} is not of the form ${form}`);
  return { id, [name]: value };
}
