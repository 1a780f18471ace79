import {
  amendmentReasons,
  batchPublicSchema,
  codeSchema,
  digestSchema,
  errorTable,
  type ErrorCode,
  headerSchema,
  receiptSchema,
  releaseDecisionPrivateSchema,
  saltedFieldSchema,
  signedReceiptSchema,
  timeSchema,
} from '@proofward/evidence';
import { z } from 'zod';
import { scopes } from './identity/scopes.js';
import { ledgerTargets } from './projection/genesis.js';
import { evidenceStates } from './queries/evidence.js';
import { lineageDirections } from './queries/lineage.js';
import { clockMarks } from './queries/records.js';
import { signerStates } from './receipts/signers.js';

/** The forms of the API's answers: what handlers return and what the OpenAPI document says. */

const errorCodes = Object.keys(errorTable) as ErrorCode[];

const ledgerSchema = z.object({
  /** The block and transaction that wrote this revision of the header. */
  block: z.int().min(0),
  txId: z.string(),
  clock: z.enum(clockMarks).optional().meta({
    description:
      'The time that the transaction claims is more than 15 minutes off: `behind` what was on the ledger before it, or `ahead` of what two others have claimed since.',
  }),
});

const privateSchema = z.union([
  z.record(z.string(), z.json()).meta({ description: "The fields' values, for members of the record's collection." }),
  z.literal('withheld').meta({ description: 'The caller is not a member, or may not read private records.' }),
  z.literal('missing').meta({ description: "A member's copy that has not arrived yet." }),
  z.literal('erased').meta({ description: 'Purged from the ledger; header, mark and commitment remain.' }),
]);

export const recordSchema = z.object({
  id: z.string(),
  type: z.string(),
  status: z.string(),
  commitment: digestSchema.optional(),
  recordedAt: timeSchema,
  effectiveAt: timeSchema,
  ledger: ledgerSchema,
  header: headerSchema,
  warnings: z
    .array(z.object({ code: z.enum(['trained-and-tested-on']), record: z.string() }))
    .optional()
    .meta({ description: 'trained-and-tested-on: the same dataset is among those of a model’s training and testing.' }),
  private: privateSchema.optional(),
  fields: z.record(z.string(), saltedFieldSchema).optional(),
  evidence: z
    .object({
      state: z.enum(evidenceStates),
      records: z
        .array(z.object({ id: z.string(), state: z.enum(['withdrawn', 'disputed', 'lapsed']) }))
        .meta({ description: 'What does not hold any more.' }),
    })
    .optional()
    .meta({ description: 'Of a deployment: whether what it was allowed on still holds, or held until it ended.' }),
});

/** A correction of one private field of a record, beside that. */
export const amendmentSchema = recordSchema
  .pick({ id: true, commitment: true, recordedAt: true, effectiveAt: true, ledger: true, private: true })
  .extend({ field: z.string(), reasonCode: z.enum(amendmentReasons) });

/** A record as it stood, and what has become of it since. */
const traceLineSchema = recordSchema.extend({
  changed: z
    .array(
      recordSchema
        .pick({ status: true, recordedAt: true, effectiveAt: true, ledger: true })
        .extend({ revision: z.int().min(1) }),
    )
    .meta({ description: 'Later revisions, newest first.' }),
  amendments: z
    .array(amendmentSchema)
    .optional()
    .meta({ description: 'What was corrected in it by then, newest first.' }),
});

/** A record without its private part. */
const headerItemSchema = recordSchema.omit({ private: true, fields: true });

const height = { blockHeight: z.int().min(0) };

/** That a caller was shown a private record, or something of it. */
const accessSchema = z.object({
  at: timeSchema,
  caller: z.string().meta({ description: 'The API key, as whoami names it.' }),
  identity: z.string(),
  role: z.string(),
  operation: z.string(),
  record: z.string(),
});

/** What a release comes to, requirement by requirement. */
const releaseOutcomeSchema = z.object({
  outcome: z.enum(['allowed', 'refused']),
  requirements: releaseDecisionPrivateSchema.shape.requirements,
  until: timeSchema.optional().meta({ description: 'The least end of what it rests on, where it is allowed.' }),
});

/** The chaincode's answer, with the digests of what was presented. */
export const evaluationSchema = releaseOutcomeSchema.extend({
  evidence: releaseDecisionPrivateSchema.shape.evidence,
});

/** What is known of who signed a receipt. */
const signerSchema = z.object({ state: z.enum(signerStates), revokedFrom: timeSchema.optional() }).meta({
  description:
    'Whether the signer’s certificate is revoked, by the channel’s configuration: `revoked` from before the receipt’s time, `revoked-since` from a later time. `unknown` where no configuration was read yet.',
});

const outlineSchema = z.object({
  batch: z.string(),
  ...batchPublicSchema.pick({ window: true, first: true, last: true, count: true }).shape,
});
const reasonSchema = z.object({ code: z.enum(errorCodes), message: z.string() });

/** What the channel lies on, by its genesis block; not there until the peer has handed that out. */
const target = z.enum(ledgerTargets).optional();

export const answerSchemas = {
  Record: recordSchema.extend({
    beside: z
      .array(z.object({ id: z.string(), type: z.string(), status: z.string(), recordedAt: timeSchema }))
      .optional()
      .meta({
        description: 'What others say of this record and its readers must see, newest first; where it is read.',
      }),
    amendments: z.array(amendmentSchema).optional().meta({
      description: 'What its author has corrected in it, newest first; where it is read, and something was.',
    }),
    ...height,
  }),
  RecordList: z.object({
    items: z.array(recordSchema),
    withheld: z.int().min(0),
    next: z.string().nullable(),
    ...height,
  }),
  RecordItem: recordSchema,
  History: z.object({
    revisions: z.array(
      recordSchema.pick({ status: true, recordedAt: true, effectiveAt: true, ledger: true, header: true }).extend({
        revision: z.int(),
        reasonCode: codeSchema.optional().meta({
          description: "Why, where a reason was given; for members of the record's collection.",
        }),
      }),
    ),
    amendments: z.array(amendmentSchema).optional().meta({
      description: 'What its author has corrected in it, newest first; the revisions stay as they are.',
    }),
    ...height,
  }),
  AuditPreview: z.object({
    /** False where there was nothing to recompute: another kind than fairness, no counts, or no criteria. */
    recomputed: z.boolean(),
    verdict: z.object({ claimed: z.string(), computed: z.enum(['pass', 'fail', 'inconclusive']).optional() }),
    /** A metric's point, bounds and n, and what each gate says of it. */
    metrics: z.array(z.record(z.string(), z.unknown())),
    /** The groups' sizes, rates and impact ratios, as NYC Local Law 144 has them published. */
    partitions: z.array(z.record(z.string(), z.unknown())),
  }),
  ReleasePreview: releaseOutcomeSchema.extend({
    policies: z.array(z.string()).meta({ description: 'All that are in force for this model at this site.' }),
  }),
  Lineage: z.object({
    id: z.string(),
    direction: z
      .enum([...lineageDirections, 'both'])
      .meta({ description: '`both` of the blast radius of an incident.' }),
    depth: z.int(),
    nodes: z
      .array(
        headerItemSchema.extend({
          distance: z.int().min(0).meta({ description: 'How many references away; 0 is the record itself.' }),
          receipts: z.object({ from: z.string(), to: z.string(), first: z.int(), last: z.int() }).optional().meta({
            description:
              "Of a deployment that an incident or a recall reaches: the windows of its endpoint's batches while it ran, and the numbers of the receipts in them.",
          }),
        }),
      )
      .meta({ description: 'Headers, nearest first.' }),
    edges: z
      .array(
        z.object({
          from: z.string().meta({ description: 'The record whose header names the other.' }),
          to: z.string(),
          relation: z.string().meta({ description: "The header's member: parents, datasets, subject, grants." }),
          detail: z.string().optional().meta({ description: 'fine-tuned, training, ... where the header says.' }),
        }),
      )
      .meta({ description: 'References between the nodes.' }),
    truncated: z
      .boolean()
      .meta({ description: 'Whether there is more: deeper, or beyond the most that one answer has.' }),
    withheld: z
      .int()
      .min(0)
      .meta({ description: 'How many of the nodes have a private part that the caller may not read.' }),
    ...height,
  }),
  SearchResult: z.object({
    digest: digestSchema,
    items: z.array(
      headerItemSchema.extend({
        matches: z.array(
          z.object({
            in: z.enum(['commitment', 'createdTx', 'root', 'private']),
            pointer: z.string().optional().meta({ description: 'Where in the private part, as a JSON pointer.' }),
          }),
        ),
      }),
    ),
    withheld: z
      .int()
      .min(0)
      .meta({ description: 'How many of the items have a private part that the caller may not read.' }),
    next: z.string().nullable(),
    ...height,
  }),
  Change: headerItemSchema.extend({
    cursor: z.string().meta({ description: 'The place after this change.' }),
    revision: z.int().min(1),
  }),
  Access: accessSchema,
  AccessLog: z.object({ items: z.array(accessSchema), next: z.string().nullable(), ...height }),
  ReceiptsTaken: z.object({
    stored: z.int().min(0),
    known: z.int().min(0).meta({ description: 'Those that were there already.' }),
  }),
  ReceiptTaken: z.object({
    line: z.int().min(1).meta({ description: 'Of the request, empty ones counted.' }),
    id: z.string().optional().meta({ description: 'The receipt’s, where the line is one.' }),
    outcome: z.enum(['stored', 'known', 'refused']),
    problem: z
      .object({ code: z.enum(errorCodes), detail: z.string(), pointer: z.string().optional() })
      .optional()
      .meta({ description: 'Why it was refused; the pointer is into the line.' }),
  }),
  Endpoints: z.object({
    items: z.array(
      z.object({
        endpoint: z.string(),
        newest: z.int().min(0).meta({ description: 'The highest number that has come in.' }),
        waiting: z.int().min(0).meta({ description: 'Receipts that are in no recorded batch yet.' }),
        leftOut: z.int().min(0).meta({ description: 'Receipts whose number the ledger has given to another one.' }),
        recorded: outlineSchema.optional().meta({ description: 'The last batch on the ledger.' }),
        pending: outlineSchema
          .extend({ since: timeSchema, reason: reasonSchema.optional() })
          .optional()
          .meta({ description: 'A batch that is settled and not on the ledger yet, and why, where it was refused.' }),
        refused: z.array(outlineSchema.extend({ at: timeSchema, reason: reasonSchema })).meta({
          description: 'Refused for good, the newest first; their receipts went into the batches after them.',
        }),
      }),
    ),
  }),
  Receipt: signedReceiptSchema.extend({
    signer: signerSchema,
    proof: z
      .object({ index: z.int().min(0), path: z.array(digestSchema) })
      .optional()
      .meta({ description: 'Where it stands in its batch; not there before the batch is on the ledger.' }),
    batch: headerItemSchema.optional(),
    ...height,
  }),
  Trace: z.object({
    certainty: z.enum(['receipt', 'interval', 'none']).meta({
      description: 'receipt: the output has one. interval: what ran at the endpoint then. none: nothing was found.',
    }),
    reason: z.string().optional().meta({ description: 'Why there is no candidate.' }),
    receipts: z.array(receiptSchema.extend({ signer: signerSchema, batch: z.string().optional() })),
    candidates: z.array(
      z.object({
        deployment: traceLineSchema,
        mode: z.string(),
        share: z.string().optional(),
        silentSince: timeSchema.optional().meta({
          description:
            'No receipt since the deployment began, at this time: no batch that speaks for its time counts one of its endpoint.',
        }),
        model: traceLineSchema.optional(),
        loaded: digestSchema
          .optional()
          .meta({ description: 'The weights that the process had loaded, by the receipt.' }),
        declared: digestSchema.optional().meta({ description: 'Those of the version, for who may read them.' }),
        differs: z.boolean().optional(),
        ancestors: z.array(traceLineSchema).meta({ description: 'The versions that it was made from, nearest first.' }),
        datasets: z.array(traceLineSchema).meta({
          description:
            'Its own, those of its ancestors, and what these were derived from, nearest first; the headers say which is whose.',
        }),
        attestations: z.array(traceLineSchema),
        signOffs: z.array(traceLineSchema),
        decision: traceLineSchema.optional(),
        since: z
          .array(traceLineSchema)
          .meta({ description: 'What was said of it only later, and what was corrected only later in what is shown.' }),
      }),
    ),
    ambiguous: z
      .boolean()
      .meta({ description: 'More than one can have answered: a canary or shadow, or a time that is long.' }),
    batches: z.array(traceLineSchema).meta({ description: 'Those that speak for the time.' }),
    gaps: z
      .array(z.object({ first: z.int(), last: z.int() }))
      .meta({ description: 'Numbers that are declared missing.' }),
    lateBatches: z.array(z.string()),
    truncated: z.boolean().meta({
      description: 'Whether there are more receipts, or more that a version was made from, than one answer has.',
    }),
    withheld: z
      .array(z.object({ id: z.string(), ask: z.array(z.string()) }))
      .meta({ description: 'Records whose private part the caller may not read, and the organisations that hold it.' }),
    ...height,
  }),
  DataVerification: z
    .object({
      result: z.enum(['match', 'mismatch']),
      files: z
        .array(z.object({ path: z.string(), result: z.enum(['match', 'mismatch', 'missing', 'unexpected']) }))
        .optional(),
      digestOrigin: z.enum(['native', 'external']).optional().meta({
        description: 'external: the recorded digests are not the owner’s, but were taken as somebody else made them.',
      }),
      root: z
        .object({
          result: z.enum(['match', 'mismatch', 'unexpected']),
          count: z.int().min(0).optional().meta({ description: 'How many samples the recorded root is over.' }),
        })
        .optional(),
      sample: z.object({ index: z.int().min(0), result: z.enum(['match', 'mismatch', 'unexpected']) }).optional(),
      ...height,
    })
    .meta({ description: 'The verdict on what was presented: files, root or sample. unexpected: none was recorded.' }),
  PresentationVerification: z.object({
    result: z.enum(['match', 'mismatch']),
    fields: z.array(z.object({ name: z.string(), result: z.enum(['match', 'mismatch']) })),
    ...height,
  }),
  Transaction: z.object({
    transactionId: digestSchema,
    status: z.enum(['valid', 'invalid', 'unknown']),
    /** Fabric's validation code. */
    validation: z.string().optional(),
    block: z.int().min(0).optional(),
  }),
  WhoAmI: z.object({
    organization: z.string(),
    mspId: z.string(),
    organizationRole: z.string(),
    role: z.string(),
    scopes: z.array(z.enum(scopes)),
    key: z.string(),
    identity: z.object({ label: z.string(), expiresAt: z.string() }),
    channel: z.string(),
    target,
  }),
  Health: z.object({ status: z.literal('up') }),
  Readiness: z.object({
    ready: z.boolean(),
    organization: z.string(),
    target,
    peer: z.boolean(),
    database: z.boolean(),
    projection: z.object({
      state: z.enum(['connecting', 'catching-up', 'following', 'behind', 'forked']),
      blockHeight: z.int().min(0),
      records: z.int().optional(),
      missingPrivate: z.int().optional(),
      ignoredWrites: z.int().optional(),
    }),
  }),
} as const;
export type AnswerName = keyof typeof answerSchemas;
export type AnswerBody<N extends AnswerName> = z.output<(typeof answerSchemas)[N]>;
