import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  amendmentName,
  canonicalJson,
  disputeName,
  hasPrivatePart,
  type PlacedType,
  voteName,
} from '@proofward/evidence';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  attestation,
  dataset,
  emptyBatch,
  file,
  dispute,
  disputeStatement,
  disclosureRequest,
  incident,
  msp,
  plan,
  policy,
  proposal,
  response,
  signOff,
  uniqueName,
  waiver,
  World,
} from '../harness/world.js';
import { needed, oneOfEach } from '../harness/one-of-each.js';

/**
 * Who may do what, written by hand. A caller is a role in an organisation; each organisation's CA can put any role into a
 * certificate. Records are cleveland's, the attestation is auditor-a's on cleveland's model. Columns: cleveland, the
 * owner; hungarian, another provider and no member of cleveland's collections; auditor-a and the regulator, who are.
 *
 * + done   F FORBIDDEN   U UNKNOWN_ORGANIZATION   N NOT_A_MEMBER   I INVALID_TRANSITION   D DECISION_INVALID
 */
const columns = ['cleveland', 'hungarian', 'auditor-a', 'regulator'] as const;
const roles = [
  'data-steward',
  'ml-engineer',
  'service',
  'qa',
  'clinical-safety',
  'auditor',
  'inspector',
  'reader',
  'admin',
] as const;
type Role = (typeof roles)[number];
type Table = Record<Role, string>;

const nobody = 'F F F F';
const everybody = '+ + + +';
const none: Table = {
  'data-steward': nobody,
  'ml-engineer': nobody,
  service: nobody,
  qa: nobody,
  'clinical-safety': nobody,
  auditor: nobody,
  inspector: nobody,
  reader: nobody,
  admin: nobody,
};
const any: Table = {
  'data-steward': everybody,
  'ml-engineer': everybody,
  service: everybody,
  qa: everybody,
  'clinical-safety': everybody,
  auditor: everybody,
  inspector: everybody,
  reader: everybody,
  admin: everybody,
};
const privately: Table = {
  'data-steward': '+ N + +',
  'ml-engineer': '+ N + +',
  service: '+ N + +',
  qa: '+ N + +',
  'clinical-safety': '+ N + +',
  auditor: '+ N + +',
  inspector: '+ N + +',
  reader: '+ N + +',
  admin: nobody,
};

/** Held in the implicit collections of cleveland and the regulator. */
const betweenTheTwo: Table = {
  'data-steward': '+ N N +',
  'ml-engineer': '+ N N +',
  service: '+ N N +',
  qa: '+ N N +',
  'clinical-safety': '+ N N +',
  auditor: '+ N N +',
  inspector: '+ N N +',
  reader: '+ N N +',
  admin: nobody,
};

/** Held in the implicit collection of cleveland. */
const itsOwn: Table = {
  'data-steward': '+ N N N',
  'ml-engineer': '+ N N N',
  service: '+ N N N',
  qa: '+ N N N',
  'clinical-safety': '+ N N N',
  auditor: '+ N N N',
  inspector: '+ N N N',
  reader: '+ N N N',
  admin: nobody,
};

const expected: Record<string, Table> = {
  'datasets:create in the own name': { ...none, 'data-steward': '+ + U U', service: '+ + U U' },
  "datasets:create in cleveland's name": { ...none, 'data-steward': '+ F F F', service: '+ F F F' },
  'datasets:transition': { ...none, 'data-steward': '+ F F F', service: '+ F F F' },
  'datasets:read': any,
  'datasets:history': any,
  'datasets:readPrivate': privately,
  'grants:create in the own name': { ...none, 'data-steward': '+ + U U' },
  "grants:create in cleveland's name": { ...none, 'data-steward': '+ F F F' },
  'grants:transition': { ...none, 'data-steward': '+ F F F' },
  'grants:read': any,
  'grants:history': any,
  'grants:readPrivate': privately,
  'models:create in the own name': { ...none, 'ml-engineer': '+ + U U', service: '+ + U U' },
  "models:create in cleveland's name": { ...none, 'ml-engineer': '+ F F F', service: '+ F F F' },
  'models:transition': { ...none, 'ml-engineer': '+ F F F', service: '+ F F F' },
  'models:read': any,
  'models:history': any,
  'models:readPrivate': privately,
  'plans:create in the own name': { ...none, auditor: 'U U + U' },
  "plans:create in auditor-a's name": { ...none, auditor: 'F F + F' },
  'plans:transition': { ...none, auditor: 'F F + F' },
  'plans:read': any,
  'plans:history': any,
  'plans:readPrivate': privately,
  'attestations:create in the own name': { ...none, auditor: 'U U + U' },
  "attestations:create in auditor-a's name": { ...none, auditor: 'F F + F' },
  'attestations:transition': { ...none, auditor: 'F F + F' },
  'attestations:read': any,
  'attestations:history': any,
  'attestations:readPrivate': privately,
  'policies:create in the own name': { ...none, qa: '+ + U U', 'clinical-safety': '+ + U U' },
  "policies:create in cleveland's name": { ...none, qa: '+ F F F', 'clinical-safety': '+ F F F' },
  'policies:transition': { ...none, qa: 'I F F F', 'clinical-safety': 'I F F F' },
  'policies:read': any,
  'policies:history': any,
  'responses:create in the own name': {
    ...none,
    'data-steward': '+ F U U',
    'ml-engineer': '+ F U U',
    qa: '+ F U U',
    'clinical-safety': '+ F U U',
  },
  "responses:create in cleveland's name": {
    ...none,
    'data-steward': '+ F F F',
    'ml-engineer': '+ F F F',
    qa: '+ F F F',
    'clinical-safety': '+ F F F',
  },
  'responses:transition': {
    ...none,
    'data-steward': '+ F F F',
    'ml-engineer': '+ F F F',
    qa: '+ F F F',
    'clinical-safety': '+ F F F',
  },
  'responses:read': any,
  'responses:history': any,
  'responses:readPrivate': privately,
  'incidents:create in the own name': {
    ...none,
    service: everybody,
    qa: everybody,
    'clinical-safety': everybody,
    auditor: everybody,
    inspector: everybody,
  },
  "incidents:create in cleveland's name": {
    ...none,
    service: '+ F F F',
    qa: '+ F F F',
    'clinical-safety': '+ F F F',
    auditor: '+ F F F',
    inspector: '+ F F F',
  },
  'incidents:transition': {
    ...none,
    service: '+ F F F',
    qa: '+ F F F',
    'clinical-safety': '+ F F F',
    auditor: '+ F F F',
    inspector: '+ F F F',
  },
  'incidents:create confidentially in the own name': {
    ...none,
    service: everybody,
    qa: everybody,
    'clinical-safety': everybody,
    auditor: everybody,
    inspector: everybody,
  },
  "incidents:create confidentially in cleveland's name": {
    ...none,
    service: '+ F F F',
    qa: '+ F F F',
    'clinical-safety': '+ F F F',
    auditor: '+ F F F',
    inspector: '+ F F F',
  },
  'incidents:transition confidentially': {
    ...none,
    service: '+ F F F',
    qa: '+ F F F',
    'clinical-safety': '+ F F F',
    auditor: '+ F F F',
    inspector: '+ F F F',
  },
  'incidents:read confidentially': any,
  'incidents:history confidentially': any,
  'incidents:readPrivate confidentially': itsOwn,
  'incidents:read': any,
  'incidents:history': any,
  'incidents:readPrivate': privately,
  // Nobody disputes what he attested himself.
  'disputes:create in the own name': {
    ...none,
    qa: '+ + F +',
    'clinical-safety': '+ + F +',
    auditor: '+ + F +',
    inspector: '+ + F +',
  },
  "disputes:create in cleveland's name": {
    ...none,
    qa: '+ F F F',
    'clinical-safety': '+ F F F',
    auditor: '+ F F F',
    inspector: '+ F F F',
  },
  'disputes:transition': {
    ...none,
    qa: '+ F F F',
    'clinical-safety': '+ F F F',
    auditor: '+ F F F',
    inspector: '+ F F F',
  },
  // In cleveland's dispute of auditor-a's attestation, whose author alone answers.
  'dispute-statements:create in the own name': { ...none, auditor: 'U U + F', inspector: 'U U + F' },
  "dispute-statements:create in auditor-a's name": { ...none, auditor: 'F F + F', inspector: 'F F + F' },
  'dispute-statements:transition': { ...none, auditor: 'F F + F', inspector: 'F F + F' },
  'dispute-statements:read': any,
  'dispute-statements:history': any,
  'dispute-statements:readPrivate': privately,
  'disputes:read': any,
  'disputes:history': any,
  'disputes:readPrivate': privately,
  // Of cleveland's dataset, which is nobody else's to amend, nor anybody's who does not register datasets.
  'amendments:create in the own name': { ...none, 'data-steward': '+ F F F', service: '+ F F F' },
  "amendments:create in cleveland's name": { ...none, 'data-steward': '+ F F F', service: '+ F F F' },
  'amendments:transition': {
    ...none,
    'data-steward': 'I F F F',
    'ml-engineer': 'I F F F',
    service: 'I F F F',
    qa: 'I F F F',
    'clinical-safety': 'I F F F',
    auditor: 'I F F F',
    inspector: 'I F F F',
  },
  'amendments:read': any,
  'amendments:latest': any,
  'amendments:history': any,
  'amendments:readPrivate': privately,
  // By an auditor or the regulator, of a record of cleveland, who does not ask itself.
  'disclosure-requests:create in the own name': { ...none, auditor: 'U U + +', inspector: 'U U + +' },
  "disclosure-requests:create in regulator's name": { ...none, auditor: 'F F F +', inspector: 'F F F +' },
  'disclosure-requests:transition': { ...none, auditor: 'F F F +', inspector: 'F F F +' },
  'disclosure-requests:read': any,
  'disclosure-requests:history': any,
  'disclosure-requests:readPrivate': betweenTheTwo,
  // Of cleveland's model, which is nobody else's to show.
  'disclosures:create in the own name': {
    ...none,
    'data-steward': '+ F F F',
    'ml-engineer': '+ F F F',
    qa: '+ F F F',
    'clinical-safety': '+ F F F',
    auditor: '+ F F F',
    inspector: '+ F F F',
  },
  "disclosures:create in cleveland's name": {
    ...none,
    'data-steward': '+ F F F',
    'ml-engineer': '+ F F F',
    qa: '+ F F F',
    'clinical-safety': '+ F F F',
    auditor: '+ F F F',
    inspector: '+ F F F',
  },
  'disclosures:transition': {
    ...none,
    'data-steward': 'I F F F',
    'ml-engineer': 'I F F F',
    qa: 'I F F F',
    'clinical-safety': 'I F F F',
    auditor: 'I F F F',
    inspector: 'I F F F',
  },
  'disclosures:read': any,
  'disclosures:history': any,
  'disclosures:readPrivate': betweenTheTwo,
  'sign-offs:create in the own name': { ...none, qa: '+ + U U', 'clinical-safety': '+ + U U' },
  "sign-offs:create in cleveland's name": { ...none, qa: '+ F F F', 'clinical-safety': '+ F F F' },
  'sign-offs:transition': { ...none, qa: '+ F F F', 'clinical-safety': '+ F F F' },
  'sign-offs:read': any,
  'sign-offs:history': any,
  'sign-offs:readPrivate': privately,
  'waivers:create in the own name': { ...none, qa: '+ + U U', 'clinical-safety': '+ + U U' },
  "waivers:create in cleveland's name": { ...none, qa: '+ F F F', 'clinical-safety': '+ F F F' },
  'waivers:transition': { ...none, qa: '+ F F F', 'clinical-safety': '+ F F F' },
  'waivers:read': any,
  'waivers:history': any,
  'waivers:readPrivate': privately,
  'release-decisions:create in the own name': {
    ...none,
    'ml-engineer': '+ + U U',
    qa: '+ + U U',
    service: '+ + U U',
  },
  "release-decisions:create in cleveland's name": {
    ...none,
    'ml-engineer': '+ F F F',
    qa: '+ F F F',
    service: '+ F F F',
  },
  'release-decisions:evaluate': { ...none, 'ml-engineer': '+ F F F', qa: '+ F F F', service: '+ F F F' },
  'release-decisions:transition': { ...none, 'ml-engineer': '+ F F F', qa: '+ F F F', service: '+ F F F' },
  'release-decisions:read': any,
  'release-decisions:history': any,
  'release-decisions:readPrivate': privately,
  'deployments:create in the own name': { ...none, 'ml-engineer': '+ D U U', service: '+ D U U' },
  "deployments:create in cleveland's name": { ...none, 'ml-engineer': '+ F F F', service: '+ F F F' },
  'deployments:transition': { ...none, 'ml-engineer': '+ F F F', service: '+ F F F' },
  'deployments:stop': {
    ...none,
    'data-steward': '+ F F F',
    'ml-engineer': '+ F F F',
    service: '+ F F F',
    qa: '+ F F F',
    'clinical-safety': '+ F F F',
    admin: '+ F F F',
  },
  'deployments:read': any,
  'deployments:history': any,
  'deployments:readPrivate': privately,
  'batches:create in the own name': { ...none, service: '+ + U U' },
  "batches:create in cleveland's name": { ...none, service: '+ F F F' },
  'batches:transition': { ...none, service: 'I F F F' },
  'batches:read': any,
  'batches:history': any,
  'proposals:create in the own name': { ...none, admin: everybody },
  "proposals:create in cleveland's name": { ...none, admin: '+ F F F' },
  'proposals:transition': { ...none, admin: '+ F F F' },
  'proposals:read': any,
  'proposals:history': any,
  'votes:create in the own name': { ...none, admin: everybody },
  "votes:create in cleveland's name": { ...none, admin: '+ F F F' },
  'votes:transition': { ...none, admin: 'I F F F' },
  'votes:read': any,
  'votes:history': any,
  'settings:create in the own name': none,
  "settings:create in cleveland's name": none,
  'settings:transition': { ...none, admin: 'I F F F' },
  'settings:read': any,
  'settings:history': any,
  'roles:apply': { ...none, admin: everybody },
  'roles:read': any,
  'roles:history': any,
};
const meaning: Record<string, string> = {
  '+': 'ok',
  F: 'FORBIDDEN',
  U: 'UNKNOWN_ORGANIZATION',
  N: 'NOT_A_MEMBER',
  I: 'INVALID_TRANSITION',
  D: 'DECISION_INVALID',
};

/** One field, which the model has. */
const asked = (record: string) => ({ record, fields: ['fingerprint'], legalBasis: 'Article 74(12)' });

const impostors = {
  'without an enrolment id': { role: 'service', enrollmentId: '' },
  'with an unknown role': { role: 'root' },
  'with no role': { role: '' },
  'with a role in capitals': { role: 'Auditor' },
};

describe('who may call which function, by the chaincode itself', () => {
  let world: World;
  const ids = {} as Record<PlacedType, string>;
  const datasets: Record<string, string> = {};
  let undisputed = '';
  let unvoted = '';
  let confidential = '';

  beforeAll(async () => {
    world = await World.attach();
    for (const [type, { id }] of Object.entries(await oneOfEach(world))) ids[type as PlacedType] = id;
    const theirs = await world.as('hungarian', 'data-steward').datasets.create(dataset(uniqueName('access')));
    Object.assign(datasets, { cleveland: ids.dataset, hungarian: theirs.record.id });
    undisputed = (await world.as('auditor-a', 'auditor').attestations.create(attestation(ids.model))).record.id;
    const toRegulator = disclosureRequest('cleveland', ids.model, { private: asked(ids.model) });
    ids['disclosure-request'] = (
      await world.as('regulator', 'inspector').disclosureRequests.create(toRegulator)
    ).record.id;
    const held = await world.as('cleveland', 'qa').models.present(ids.model, ['fingerprint']);
    values.disclosure = { record: ids.model, presentation: held };
    values['disclosure-request'] = asked(ids.model);
    unvoted = (await world.as('cleveland', 'admin').proposals.create(proposal('hungarian'))).record.id;
    const kept = { ...incident([ids.model]), confidential: true as const };
    confidential = (await world.as('cleveland', 'qa').incidents.create(kept)).record.id;
    for (const slug of columns) {
      for (const role of roles) await world.enrol(slug, `any ${role}`, { role });
      for (const [name, attributes] of Object.entries(impostors)) await world.enrol(slug, name, attributes);
    }
    // A commit is told of by the own organisation's peer; the others have it a moment later.
    for (const slug of columns) {
      const all = Object.entries(typeOf).map(([contract, type]) => [contract, ids[type]] as const);
      for (const [contract, id] of [...all, ['incidents', confidential] as const]) {
        const client = world.ledger(slug, 'any reader');
        while ((await client.simulate(`${contract}:read`, [id])).code === 'RECORD_NOT_FOUND') await delay(50);
      }
    }
  });
  afterAll(() => {
    world.close();
  });

  const typeOf = {
    datasets: 'dataset',
    grants: 'grant',
    models: 'model',
    plans: 'plan',
    attestations: 'attestation',
    policies: 'policy',
    responses: 'response',
    incidents: 'incident',
    disputes: 'dispute',
    'dispute-statements': 'dispute-statement',
    amendments: 'amendment',
    'disclosure-requests': 'disclosure-request',
    disclosures: 'disclosure',
    'sign-offs': 'sign-off',
    waivers: 'waiver',
    'release-decisions': 'release-decision',
    deployments: 'deployment',
    batches: 'batch',
    proposals: 'proposal',
    votes: 'vote',
    settings: 'setting',
  } as const;
  const fields = {
    dataset: () => ({}),
    grant: (org: string) => ({
      dataset: datasets[org],
      grantee: org === 'hungarian' ? 'cleveland' : 'hungarian',
      purpose: 'x',
    }),
    model: () => ({ purpose: 'triage' }),
    plan: () => ({ subject: ids.model, kind: 'fairness' }),
    attestation: () => ({ subject: ids.model, kind: 'fairness' }),
    policy: () => ({ scope: 'vendor', line: 'another', requirements: policy('x', 'y').requirements }),
    response: () => ({ attestation: ids.attestation }),
    incident: () => ({ subjects: [ids.model], severity: 'minor' }),
    'dispute-statement': () => ({ dispute: ids.dispute, subject: ids.model, part: 'answer' }),
    dispute: () => ({ record: undisputed, subject: ids.model, deadline: dispute('', '').deadline }),
    amendment: () => ({ record: ids.dataset, field: 'licence', reasonCode: 'typo' }),
    'disclosure-request': () => ({ ...disclosureRequest('cleveland', ''), private: undefined, served: 'otherwise' }),
    disclosure: (owner: string) => ({ recipient: owner === 'hungarian' ? 'cleveland' : 'hungarian' }),
    'sign-off': (_: string, caller: string) => ({
      model: ids.model,
      role: caller === 'any clinical-safety' ? 'clinical-safety' : 'qa',
    }),
    waiver: () => ({ model: ids.model, requirement: 'robustness', until: waiver('').until }),
    'release-decision': () => ({ model: ids.model, policies: [ids.policy], outcome: 'refused' }),
    deployment: () => ({ model: ids.model, endpoint: 'x', mode: 'live', decision: ids['release-decision'] }),
    batch: () => emptyBatch('x'),
    proposal: () => proposal('hungarian'),
    vote: () => ({ proposal: unvoted, choice: 'no' }),
    setting: () => ({
      proposal: unvoted,
      value: { of: 'reviewers', reviewers: [{ role: 'qa', certificates: ['qa'] }] },
    }),
  };
  const values = {
    dataset: { files: [file] },
    grant: { terms: 'none' },
    model: { fingerprint: { files: [file] } },
    plan: { criteria: plan('').private.criteria },
    attestation: { verdict: { claimed: 'fail' } },
    policy: {},
    response: response('').private,
    incident: incident([]).private,
    dispute: dispute('', '').private,
    'dispute-statement': disputeStatement('', '').private,
    amendment: { earlier: 'CC-BY', corrected: 'CC-BY-4.0' },
    'disclosure-request': {} as object,
    disclosure: {} as object,
    'sign-off': signOff('').private,
    waiver: waiver('').private,
    'release-decision': { purpose: 'triage', evidence: [], signOffs: [], waivers: [] },
    deployment: { configurationDigest: file.sha256 },
    batch: {},
    proposal: {},
    vote: {},
    setting: {},
  };
  const state = {
    dataset: 'flagged',
    grant: 'revoked',
    model: 'deprecated',
    plan: 'revoked',
    attestation: 'revoked',
    policy: 'superseded',
    response: 'revoked',
    incident: 'reported',
    dispute: 'withdrawn',
    'dispute-statement': 'revoked',
    amendment: 'recorded',
    'disclosure-request': 'withdrawn',
    disclosure: 'shown',
    'sign-off': 'revoked',
    waiver: 'revoked',
    'release-decision': 'withdrawn',
    deployment: 'ended',
    batch: 'superseded',
    proposal: 'withdrawn',
    vote: 'withdrawn',
    setting: 'withdrawn',
  };

  /** Calls a function of the table as a caller, and answers the code. */
  async function call(row: string, slug: string, caller: string): Promise<string> {
    const [called = '', inTheNameOf] = row.split(/ in (?:the )?/);
    const [fn = '', how] = called.split(' ');
    const isConfidential = how === 'confidentially';
    const [contract = '', name = ''] = fn.split(':');
    const client = world.ledger(slug, caller);
    if (contract === 'roles') {
      const argument = name === 'apply' ? JSON.stringify({ org: 'cleveland' }) : 'cleveland';
      return (await client.simulate(fn, [argument], name === 'apply' ? msp.auditorA : undefined)).code;
    }
    const type = typeOf[contract as keyof typeof typeOf];
    if (name === 'create') {
      const owner = inTheNameOf === 'own name' ? slug : (inTheNameOf ?? '').replace(/'s name$/, '');
      const ownName =
        type === 'dispute'
          ? disputeName(undisputed)
          : type === 'vote'
            ? voteName(unvoted)
            : type === 'amendment'
              ? amendmentName(ids.dataset, 'licence')
              : randomBytes(16).toString('hex');
      const id = `${type}:${owner}/${ownName}@1`;
      const requirements = [{ policy: ids.policy, name: needed.name, result: 'missing' }];
      const more = type === 'release-decision' ? { requirements } : {};
      const kept = isConfidential ? { confidential: true } : {};
      const sealed = hasPrivatePart(type) ? world.seal(type, id, { ...values[type], ...more }) : undefined;
      const argument = canonicalJson({ id, commitment: sealed?.commitment, ...fields[type](owner, caller), ...kept });
      const transient = sealed && { private: canonicalJson(sealed.record) };
      // An honest member's peer is asked, whoever calls.
      return (await client.simulate(fn, [argument], msp.auditorA, transient)).code;
    }
    if (name === 'evaluate') {
      const asked = { site: 'cleveland', model: ids.model, policies: [ids.policy], purpose: 'triage' };
      return (await client.simulate(fn, [canonicalJson({ ...asked, signOffs: [], waivers: [] })], msp.auditorA)).code;
    }
    if (name === 'latest') {
      return (await client.simulate(fn, [canonicalJson({ record: ids.dataset, field: 'licence' })])).code;
    }
    if (name === 'stop') {
      return (await client.simulate(fn, [canonicalJson({ id: ids.deployment, kind: 'stop' })], msp.cleveland)).code;
    }
    const found = isConfidential ? confidential : ids[type];
    if (name === 'transition') {
      const change = JSON.stringify({ id: found, to: state[type] });
      return (await client.simulate(fn, [change], msp.auditorA)).code;
    }
    return (await client.simulate(fn, [found])).code;
  }

  it.each(Object.entries(expected))('%s', async (row, table) => {
    const seen: Record<string, string> = {};
    const wanted: Record<string, string> = {};
    for (const role of roles) {
      const cells = table[role].split(' ').map((cell) => meaning[cell]);
      wanted[role] = cells.join(' ');
      const codes: string[] = [];
      for (const slug of columns) codes.push(await call(row, slug, `any ${role}`));
      seen[role] = codes.join(' ');
    }
    expect(seen).toEqual(wanted);
  });

  it.each(Object.keys(impostors))('nothing is answered to a certificate %s', async (impostor) => {
    for (const row of Object.keys(expected)) {
      for (const slug of columns)
        expect([row, slug, await call(row, slug, impostor)]).toEqual([row, slug, 'FORBIDDEN']);
    }
  });
});
