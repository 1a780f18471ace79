import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Header, PlacedType } from '@proofward/evidence';
import fc from 'fast-check';
import { randomInt } from 'node:crypto';
import { anyRequest, type AnyRequest, faultOf, type OpenApiDocument, operationsOf } from '../harness/any-request.js';
import { oneOfEach } from '../harness/one-of-each.js';
import { ReceiptMaker } from '../harness/receipts.js';
import {
  attestation,
  dataset,
  disclosureRequest,
  dispute,
  file,
  grant,
  incident,
  model,
  plan,
  policy,
  proposal,
  response,
  signOff,
  uniqueName,
  waiver,
  World,
} from '../harness/world.js';

/** Requests to each operation; some thousands are for an evening. */
const requests = Number(process.env.PROOFWARD_REQUESTS ?? 3);
const seed = Number(process.env.PROOFWARD_SEED ?? randomInt(2 ** 31));
/** No request may take longer, in milliseconds: a write that has to be ordered included, and a wait for a block that never comes. */
const patience = 8_000;
const atATime = 6;

/** Who may mostly do what is asked; others ask too. */
const usual: Partial<Record<string, [org: string, role: string]>> = {
  datasets: ['cleveland', 'data-steward'],
  grants: ['cleveland', 'data-steward'],
  models: ['cleveland', 'ml-engineer'],
  plans: ['auditor-a', 'auditor'],
  attestations: ['auditor-a', 'auditor'],
  'disclosure-requests': ['auditor-a', 'auditor'],
  deployments: ['cleveland', 'service'],
  receipts: ['cleveland', 'service'],
  proposals: ['cleveland', 'admin'],
  votes: ['cleveland', 'admin'],
  roles: ['cleveland', 'admin'],
  'access-log': ['cleveland', 'admin'],
};
const others: [org: string, role: string][] = [
  ...['admin', 'qa', 'reader', 'service', 'ml-engineer'].map((role): [string, string] => ['cleveland', role]),
  ['auditor-a', 'auditor'],
  ['auditor-a', 'reader'],
];

interface Case {
  request: AnyRequest;
  org: string;
  role: string;
}

describe('any request', () => {
  let world: World;
  let document: OpenApiDocument;
  let records: Record<PlacedType, Header>;
  let known: string[];
  let bodies: Record<string, unknown[]>;
  beforeAll(async () => {
    world = await World.attach();
    records = await oneOfEach(world);
    const { url } = world.stack.organization('cleveland');
    document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApiDocument;
    known = knownOf(records);
    const maker = await ReceiptMaker.of(world, 'cleveland');
    bodies = bodiesOf(records, maker);
  });
  afterAll(() => {
    world.close();
  });

  const send = async ({ request, org, role }: Case): Promise<string | undefined> => {
    const { url, apiKeys } = world.stack.organization(org);
    const began = performance.now();
    const answer = await fetch(`${url}${request.target}`, {
      method: request.operation.method.toUpperCase(),
      headers: { ...request.headers, authorization: `Bearer ${apiKeys[role] ?? ''}` },
      ...(request.body === undefined ? {} : { body: request.body }),
      signal: AbortSignal.timeout(2 * patience),
    });
    const text = await answer.text();
    const took = Math.round(performance.now() - began);
    const mediaType = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    const fault = faultOf(request.operation, { status: answer.status, mediaType, text });
    if (fault === undefined && took <= patience) return undefined;
    const { operation, target, headers, body } = request;
    return [
      `${fault ?? `took ${took} ms`}: ${org}/${role} ${operation.operationId} ${target} ${JSON.stringify(headers)}`,
      body?.slice(0, 2_000) ?? '',
      text.slice(0, 500),
    ].join('\n  ');
  };
  const statuses = new Map<number, number>();

  it(`is answered as the API's document says, and never with a failure (${requests} each, seed ${seed})`, async () => {
    const operations = operationsOf(document);
    expect(operations.length).toBeGreaterThan(80);
    const cases = operations.flatMap((operation, index) =>
      fc
        .sample(fc.tuple(anyRequest(document, operation, known, bodies[operation.operationId] ?? []), fc.nat()), {
          // With one seed for all, all would be drawn alike.
          seed: seed + index,
          numRuns: requests,
        })
        .map(([request, who]): Case => {
          const [, , kind = ''] = operation.path.split('/');
          const someone = others[who % others.length] ?? ['cleveland', 'reader'];
          const [org, role] = who % 3 === 0 ? someone : (usual[kind] ?? ['cleveland', 'qa']);
          return { request: harmless(request), org, role };
        }),
    );
    /** One of each kind at an operation. */
    const faults = new Map<string, string>();
    const queue = [...cases];
    const work = async () => {
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
        const fault = await send(next);
        if (fault !== undefined)
          faults.set(`${next.request.operation.operationId} ${fault.split(':')[0] ?? ''}`, fault);
      }
    };
    await Promise.all(Array.from({ length: atATime }, work));
    console.log(
      `${cases.length} requests to ${operations.length} operations: ${[...statuses]
        .sort(([a], [b]) => a - b)
        .map(([status, count]) => `${count} × ${status}`)
        .join(', ')}`,
    );
    expect([...faults.values()]).toEqual([]);
    // Not all of them end at the door.
    expect((statuses.get(200) ?? 0) + (statuses.get(201) ?? 0)).toBeGreaterThan(cases.length / 20);
  }, 3_600_000);
});

/** What a policy asks for would be asked of the models of other features too, if it were of no line. */
function harmless(request: AnyRequest): AnyRequest {
  if (request.operation.operationId !== 'createPolicy' || request.body === undefined) return request;
  try {
    const body = JSON.parse(request.body) as unknown;
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return request;
    return { ...request, body: JSON.stringify({ ...body, line: 'any-request' }) };
  } catch {
    return request;
  }
}

function knownOf(records: Record<PlacedType, Header>): string[] {
  const headers = Object.values(records);
  const parts = headers.flatMap(({ id }) => {
    const [, name = '', version = ''] = /\/([^@]*)@(.*)$/.exec(id) ?? [];
    return [id, name, version];
  });
  const texts = headers.flatMap((header) =>
    Object.values(header).filter((value): value is string => typeof value === 'string'),
  );
  const own = ['cleveland', 'auditor-a', 'regulator', 'triage', 'sex', 'fingerprint', file.sha256, file.path];
  const times = ['2026-01-01', '2026-01-01T08:00:00.000Z', '2099-12-31T00:00:00.000Z', new Date().toISOString()];
  return [...new Set([...parts, ...texts, ...own, ...times])];
}

/** What operations take, of what is there. */
function bodiesOf(records: Record<PlacedType, Header>, maker: ReceiptMaker): Record<string, unknown[]> {
  const { id: subject } = records.model;
  const { id: audit } = records.attestation;
  const fresh = uniqueName('any');
  const transition = (...to: string[]) => to.map((one) => ({ to: one }));
  return {
    createDataset: [dataset(fresh)],
    createGrant: [grant(records.dataset.id, 'hungarian')],
    createModel: [model(fresh, [{ id: records.dataset.id, role: 'training' }])],
    createPlan: [plan(subject)],
    createAttestation: [attestation(subject)],
    createPolicy: [policy(fresh, 'any-request')],
    createResponse: [response(audit)],
    createIncident: [incident([subject])],
    createDispute: [dispute(audit, subject)],
    createDisclosureRequest: [
      disclosureRequest('cleveland', subject, {
        private: { record: subject, fields: ['fingerprint'], legalBasis: 'Article 74(12)' },
      }),
    ],
    disclose: [
      { recipient: 'regulator', record: subject, fields: ['fingerprint'] },
      {
        request: records['disclosure-request'].id,
        refused: [{ field: 'fingerprint', reasonCode: 'trade-secret' }],
      },
    ],
    createSignOff: [signOff(subject)],
    createWaiver: [waiver(subject)],
    createDeployment: [
      {
        ...{ model: subject, endpoint: fresh, mode: 'shadow', share: '0.1', decision: records['release-decision'].id },
        private: { configurationDigest: file.sha256 },
      },
    ],
    requestRelease: [{ model: subject, purpose: 'triage', signOffs: [records['sign-off'].id], attestations: [audit] }],
    rollBackDeployment: [{ returnedTo: subject }],
    stopDeployment: [{}],
    createProposal: [proposal('hungarian')],
    createVote: [{ proposal: records.proposal.id, choice: 'no' }],
    trace: [
      { endpoint: fresh, at: new Date().toISOString() },
      { receipt: '0'.repeat(32), asOf: '2026-01-01' },
      { endpoint: fresh, localDay: '2026-03-29', zone: 'Europe/Zurich' },
    ],
    addReceipts: [{ receipts: [maker.make(fresh, 1)] }, { receipts: [maker.make(fresh, 1), maker.make(fresh, 2)] }],
    verifyDataset: [{ files: [file] }],
    verifyModel: [{ files: [file] }],
    transitionDataset: transition('flagged', 'withdrawn'),
    transitionModel: transition('deprecated'),
    transitionProposal: transition('withdrawn', 'carried'),
    transitionWaiver: transition('active', 'revoked'),
  };
}
