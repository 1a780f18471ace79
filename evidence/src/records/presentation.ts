import { z } from 'zod';
import { countSchema, digestSchema } from './fields.js';

/** A private field's name. */
export const fieldNameSchema = z.string().regex(/^[a-z][A-Za-z0-9]{0,63}$/);

/** Single fields of a private record with the paths that prove them against its commitment. */
export const presentationSchema = z.strictObject({
  /** The number of fields of the whole record. */
  size: z.int().min(1).max(64),
  fields: z
    .array(
      z.strictObject({
        name: fieldNameSchema,
        salt: digestSchema,
        value: z.json(),
        index: countSchema,
        path: z.array(digestSchema).max(16),
      }),
    )
    .min(1)
    .max(64)
    // A reader takes a name for one value.
    .refine((fields) => new Set(fields.map(({ name }) => name)).size === fields.length, 'a field is shown twice'),
});
export type Presentation = z.infer<typeof presentationSchema>;
