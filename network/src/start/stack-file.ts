import { join } from 'node:path';
import { organizationRoles, slugSchema } from '@proofward/evidence';
import { z } from 'zod';
import { readIfThere, writeWhole } from '../state/files.js';

/** What programs need to use a running stack; it holds API keys, so its mode is 0600. */
export const stackFileSchema = z.strictObject({
  target: z.enum(['embedded', 'fabric']),
  channel: z.string(),
  organizations: z.array(
    z.strictObject({
      slug: slugSchema,
      mspId: z.string(),
      role: z.enum(organizationRoles),
      url: z.string(),
      /** One for each role of a caller, such as `data-steward`. */
      apiKeys: z.record(z.string(), z.string()),
      /** Of one that has a service: files with what its serving processes sign receipts with. */
      serving: z
        .strictObject({
          /** Private key and certificate, PEM. */
          key: z.string(),
          certificate: z.string(),
          /** The gateway's secret from which references to outside ids are made (evidence's `referenceKey`). */
          commitmentKey: z.string(),
        })
        .optional(),
    }),
  ),
});
export type StackFile = z.infer<typeof stackFileSchema>;
export type StackOrganization = StackFile['organizations'][number];

/** The stack's description in its state folder. */
export function stackFilePath(stateDir: string): string {
  return join(stateDir, 'stack.json');
}

export async function readStackFile(path: string): Promise<StackFile | undefined> {
  const bytes = await readIfThere(path);
  if (bytes === undefined) return undefined;
  try {
    return stackFileSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    // Half a file, or one of another version: its keys are lost, and new ones are made.
    return undefined;
  }
}

export async function writeStackFile(path: string, stack: StackFile): Promise<void> {
  await writeWhole(path, `${JSON.stringify(stack, undefined, 2)}\n`);
}
