import { createPrivateKey, randomBytes, sign } from 'node:crypto';
import {
  externalReference,
  type Receipt,
  receiptBytes,
  referenceKey,
  type SignedReceipt,
  valueCommitment,
} from '@proofward/evidence';
import { Authority, type Issued, signingProfile } from '@proofward/network';
import { historyBegins, type Live, lineageDepth } from './history.js';
import type { RunningGateway, Site } from './site.js';
import { digestOf, weightsOf } from './values.js';

const receiptsOfEndpoint = 20;
const endpoints = 20;
const system = 'pacs';

interface Made {
  readonly receipt: Receipt;
  /** Of the output. */
  readonly salt: string;
  readonly digest: string;
  readonly reference: string;
  readonly model: string;
}

/** The questions that are asked of one gateway, in turn: by receipt, output, outside reference, and endpoint and time. */
export class Traces {
  private asked = 0;

  private constructor(
    private readonly gateway: RunningGateway,
    private readonly live: readonly Live[],
    private readonly made: readonly Made[],
  ) {}

  /** Hands receipts in at some endpoints of the site, for times at which a version was live there. */
  static async open(site: Site, gateway: RunningGateway, slug: string): Promise<Traces> {
    const known = gateway.transactions;
    const live = site.chain.live.filter((one) => one.site === slug && one.number < known);
    const ofEndpoint = Map.groupBy(live, ({ endpoint }) => endpoint);
    const names = [...ofEndpoint.keys()];
    const { certificate, key: pem } = await signerOf(site, slug);
    const key = createPrivateKey(pem);
    const made: Made[] = [];
    const chosen = Math.min(endpoints, names.length);
    for (let turn = 0; turn < chosen; turn++) {
      const endpoint = names[Math.floor((turn * names.length) / chosen)] ?? '';
      const times = ofEndpoint.get(endpoint) ?? [];
      const signed: SignedReceipt[] = [];
      for (let sequence = 1; sequence <= receiptsOfEndpoint; sequence++) {
        const one = times[Math.floor(((sequence - 1) * times.length) / receiptsOfEndpoint)];
        if (one === undefined) throw new Error(`nothing was live at ${endpoint}`);
        const found = makeReceipt(site.key, one, sequence);
        const signature = sign('sha256', receiptBytes(site.topology.channel, found.receipt), key).toString('base64');
        signed.push({ receipt: found.receipt, signature, certificate });
        made.push(found);
      }
      await gateway.post('/v1/receipts', 'service', { receipts: signed });
    }
    const traces = new Traces(gateway, live, made);
    await traces.requireDepth();
    return traces;
  }

  /**
   * Asks the next question.
   *
   * @returns milliseconds
   * @throws Error where the answer is not the model that was live
   */
  async ask(): Promise<number> {
    const turn = this.asked++;
    const one = this.made[(turn * 7) % this.made.length];
    const when = this.live[(turn * 7919) % this.live.length];
    if (one === undefined || when === undefined) throw new Error('nothing to ask about');
    const { receipt, salt, digest, reference } = one;
    const { endpoint, at } = when;
    const questions = [
      { receipt: receipt.id },
      { output: { digest, salt } },
      { externalReference: { system, id: reference } },
      { endpoint, at },
    ];
    const question = questions[turn % questions.length] ?? {};
    const began = performance.now();
    const { certainty, candidates, batches } = await this.gateway.post<Trace>('/v1/trace', 'reader', question);
    const milliseconds = performance.now() - began;
    const [sure, expected] = 'endpoint' in question ? ['interval', when.model] : ['receipt', one.model];
    if (certainty !== sure) throw new Error(`the trace is sure of ${certainty}`);
    if (!candidates.some(({ model }) => model.id === expected)) throw new Error('the trace leads to another version');
    if (batches.length === 0) throw new Error('no batch speaks for the time');
    return milliseconds;
  }

  /** The newest version of a model that was asked about has all the versions before it above it. */
  private async requireDepth(): Promise<void> {
    const found = this.live.findLast(({ model }) => model.endsWith(`@${lineageDepth}`));
    if (found === undefined) throw new Error('no last version of a model is live');
    const [, org, name, version] = /^model:(.+)\/(.+)@(.+)$/.exec(found.model) ?? [];
    const { nodes } = await this.gateway.get<{ nodes: { id: string; distance: number }[] }>(
      `/v1/models/${org}/${name}/${version}/lineage?depth=32`,
      'reader',
    );
    const deepest = Math.max(...nodes.filter(({ id }) => id.startsWith('model:')).map(({ distance }) => distance));
    if (deepest !== lineageDepth) throw new Error(`the lineage has ${deepest} versions above the newest`);
  }
}

interface Trace {
  certainty: string;
  candidates: { model: { id: string } }[];
  batches: unknown[];
}

/** Whoever signed the receipts had a certificate then. */
async function signerOf({ layout, topology }: Site, slug: string): Promise<Issued> {
  const mspId = topology.organizations.find((one) => one.slug === slug)?.mspId ?? '';
  const authority = await Authority.open(layout.organization(slug).ca, `${mspId} CA`, mspId);
  return authority.issue({
    subject: { commonName: 'serving', organization: mspId, unit: 'client' },
    extensions: signingProfile(),
    notBefore: historyBegins,
  });
}

function makeReceipt(key: Uint8Array, { site, endpoint, at, model }: Live, sequence: number): Made {
  const [salt, ofInput] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
  const digest = digestOf(`${endpoint} output ${sequence}`);
  const reference = `${endpoint}-${sequence}`;
  const receipt: Receipt = {
    schema: 1,
    id: randomBytes(16).toString('hex'),
    site,
    endpoint,
    sequence,
    at,
    model: weightsOf(model),
    input: valueCommitment('input', ofInput, digestOf(`${endpoint} input ${sequence}`)),
    output: valueCommitment('output', salt, digest),
    reference: externalReference(referenceKey(key), system, reference),
  };
  return { receipt, salt, digest, reference, model };
}

/** The value that this part of the values is below. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
