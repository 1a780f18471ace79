import { createHash, randomBytes } from 'node:crypto';
import {
  digestSchema,
  idPartSchema,
  type Receipt,
  type SignedReceipt,
  slugSchema,
  valueCommitment,
  weightsRoot,
} from '@proofward/evidence';
import type { ReceiptsApi } from '../client.js';
import { fingerprintFiles } from '../files/fingerprint.js';
import { modelSigningIgnores } from '../files/model-signing.js';
import { ServingError } from './errors.js';
import { Forwarder, type Pauses } from './forwarder.js';
import { ReceiptJournal } from './journal.js';
import { type MiddlewareOptions, receiptMiddleware, type ServingMiddleware } from './middleware.js';
import { ReceiptSigner } from './signer.js';

/** A file of the weights as the process has it in memory. */
export interface LoadedFile {
  /** As the model's record names it: with `/`, from its folder. */
  path: string;
  bytes: Uint8Array;
}

export interface ServingOptions {
  /**
   * What the process has loaded: files or folders, which are hashed at start, or their contents in memory. Only of the latter
   * it is sure that the files were not exchanged between being loaded and being hashed.
   */
  weights: string | readonly string[] | readonly LoadedFile[];
  /** The name under which the site calls it, as in the deployment's record. */
  endpoint: string;
  /** The organisation's slug. */
  site: string;
  channel: string;
  /** Private key, PEM, ECDSA P-256, of an identity that the organisation's gateway has. */
  key: string;
  /** Its X.509 certificate, PEM. */
  certificate: string;
  /** The journal's file, on a disk that outlives the process; beside it lie its `.cursor`, `.lock` and `.refused`. */
  journal: string;
  /** How much of what the gateway has stays in the journal, in bytes, before it is shortened; 1 MiB by default. */
  keptBytes?: number | undefined;
  /** Of the organisation's own gateway; the API key needs the scope `records:write`. */
  client: { receipts: Pick<ReceiptsApi, 'add'> };
  pauses?: Pauses;
  /** Hears of each failure to hand receipts in, and of each output that was held back. */
  onProblem?: (error: unknown) => void;
  now?: () => Date;
}

/** The 32 random bytes, in hex, that each value was committed to with. Whoever has them can show what the values were. */
export interface ReceiptSalts {
  input: string;
  output: string;
}

export interface IssuedReceipt {
  signed: SignedReceipt;
  salts: ReceiptSalts;
}

/** What an output belongs to elsewhere: an accession number, a DICOM or FHIR id. */
export interface ExternalId {
  system: string;
  id: string;
}

/** A serving process that makes receipts, and hands them in when the gateway is there. */
export class Serving {
  constructor(
    /** Model Signing's root over the weights. */
    readonly model: string,
    private readonly options: Pick<ServingOptions, 'site' | 'endpoint' | 'onProblem' | 'now'>,
    private readonly signer: ReceiptSigner,
    private readonly journal: ReceiptJournal,
    private readonly forwarder: Forwarder,
  ) {}

  /** The last number that was given out; 0 before the first. */
  get sequence(): number {
    return this.journal.sequence;
  }

  /** The last number that the gateway has. */
  get handedIn(): number {
    return this.journal.cursor.place.sequence;
  }

  /**
   * Makes a receipt, and answers when it is on the disk; the output may leave then, and not before.
   *
   * @param reference see evidence's `externalReference`
   * @throws ReceiptJournalError; ServingError while the certificate is not valid, since no gateway takes such a receipt
   */
  async issue(input: Uint8Array, output: Uint8Array, reference?: string): Promise<IssuedReceipt> {
    const salts = { input: randomBytes(32).toString('hex'), output: randomBytes(32).toString('hex') };
    const { site, endpoint, now = () => new Date() } = this.options;
    const at = now();
    this.signer.requireValidAt(at);
    const said = {
      schema: 1,
      id: randomBytes(16).toString('hex'),
      site,
      endpoint,
      at: at.toISOString(),
      model: this.model,
      input: valueCommitment('input', salts.input, sha256Hex(input)),
      output: valueCommitment('output', salts.output, sha256Hex(output)),
      ...(reference === undefined ? {} : { reference: digestSchema.parse(reference) }),
    } as const satisfies Omit<Receipt, 'sequence'>;
    return { signed: await this.journal.append((sequence) => this.signer.sign({ ...said, sequence })), salts };
  }

  /**
   * Reads a route's request body, instead of `express.json()`, and gives each output of it a receipt in the header
   * `Proofward-Receipt`; see client/README.md.
   */
  middleware(options: MiddlewareOptions = {}): ServingMiddleware {
    return receiptMiddleware(this, options, this.options.onProblem ?? (() => undefined));
  }

  /** Stops handing in; what was not is handed in after the next start. */
  async close(): Promise<void> {
    await this.forwarder.stop();
    await this.journal.close();
  }
}

/**
 * Fingerprints the weights, opens the journal and begins to hand in what is in it.
 *
 * @throws ServingError, ReceiptJournalError, FingerprintError, a zod error for a wrong site or endpoint
 */
export async function createServing(options: ServingOptions): Promise<Serving> {
  const { channel, site, endpoint, key, certificate, client, onProblem = () => undefined, pauses } = options;
  const owner = { channel, site: slugSchema.parse(site), endpoint: idPartSchema.parse(endpoint) };
  const signer = new ReceiptSigner(channel, key, certificate);
  const model = await rootOf(options.weights);
  const journal = await ReceiptJournal.open(options.journal, owner);
  const forwarder = new Forwarder(journal, client.receipts, onProblem, pauses, options.now, options.keptBytes);
  forwarder.start();
  return new Serving(model, options, signer, journal, forwarder);
}

async function rootOf(weights: ServingOptions['weights']): Promise<string> {
  const given: readonly (string | LoadedFile)[] = typeof weights === 'string' ? [weights] : weights;
  const paths = given.filter((one) => typeof one === 'string');
  const loaded = given.filter((one) => typeof one !== 'string');
  const files = [
    ...(paths.length === 0 ? [] : await fingerprintFiles(paths, { ignore: modelSigningIgnores })),
    ...loaded.map(({ path, bytes }) => ({ path, sha256: sha256Hex(bytes) })),
  ];
  // A root over nothing would say of any model that it was this one.
  if (files.length === 0) throw new ServingError('there are no weights');
  return weightsRoot(files);
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
