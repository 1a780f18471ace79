import type { Step } from '../plain/member.js';
import { chaincodes, collectionsOf, mspIds } from './channel.js';
import { type EnvelopeFault, envelopeFaults } from './envelope-faults.js';
import { keyPolicies } from './key-policies.js';
import { type ProposalFault, proposalFaults } from './proposal-faults.js';
import type { Random } from './random.js';

/** What is done to a transaction between its endorsement and the orderer. */
export type Fault = EnvelopeFault | 'bad signature' | 'submitted twice';
/**
 * Which of two namespaces a peer judges first is chance, and so is the code, where both are refused; so nothing is written
 * to a namespace that there is not.
 */
const faults: readonly Fault[] = [
  ...envelopeFaults.filter((fault) => !fault.startsWith('write in')),
  'bad signature',
  'submitted twice',
  'submitted twice',
];

export interface PlannedTransaction {
  /** Unique in all of a run. */
  label: string;
  by: string;
  user: string;
  chaincode: string;
  steps: readonly Step[];
  endorsers?: readonly string[];
  transientData?: Readonly<Record<string, string>>;
  /** So many stages lie between its endorsement and its submission. */
  held: number;
  fault?: Fault;
}

/** What is asked of a peer when a stage is committed. */
export interface Question {
  label: string;
  by: string;
  user: string;
  at: string;
  chaincode: string;
  steps: readonly Step[];
}

/** A proposal that is not as it should be, or a call to a system chaincode; nothing comes of it. */
export interface Attempt {
  label: string;
  by: string;
  at: string;
  chaincode: string;
  fault?: ProposalFault;
  call?: { name: string; arguments: readonly string[] };
}

export interface Stage {
  transactions: PlannedTransaction[];
  attempts: Attempt[];
  questions: Question[];
}

/** A few transactions on keys of their own. */
export interface Round {
  label: string;
  stages: Stage[];
}

export const stagesPerRound = 3;

export function planRound(label: string, random: Random): Round {
  const planner = new RoundPlanner(label, random);
  const stages = Array.from({ length: stagesPerRound }, (_, stage) => planner.stage(stage));
  return { label, stages };
}

class RoundPlanner {
  private readonly chaincode: string;
  private readonly collections: string[];
  private values = 0;

  constructor(
    private readonly label: string,
    private readonly random: Random,
  ) {
    this.chaincode = random.pick(chaincodes).name;
    this.collections = random.shuffled(collectionsOf(this.chaincode)).slice(0, 2);
  }

  stage(stage: number): Stage {
    const count = 1 + this.random.below(3);
    return {
      transactions: Array.from({ length: count }, (_, index) => this.transaction(stage, index)),
      attempts: this.random.chance(0.25) ? [this.attempt(stage)] : [],
      // All peers are asked in the end, and one in between.
      questions: (stage === stagesPerRound - 1 ? mspIds : [this.random.pick(mspIds)]).map((mspId) =>
        this.question(stage, mspId),
      ),
    };
  }

  private transaction(stage: number, index: number): PlannedTransaction {
    const { random } = this;
    const steps = Array.from({ length: 1 + random.below(4) }, () => this.step(stage));
    const fault = random.chance(0.15) ? this.fault(stage, steps) : undefined;
    const mayWait = stage < stagesPerRound - 1 && !steps.some(removesOrLocks) && !removesOrLocksItself(fault);
    return {
      label: `${this.label}/${stage}.${index}`,
      by: random.pick(mspIds),
      user: this.user(),
      chaincode: this.chaincode,
      steps,
      ...(random.chance(0.8) ? { endorsers: random.some(mspIds) } : {}),
      transientData: { secret: this.value() },
      held: mayWait && random.chance(0.2) ? 1 : 0,
      ...(fault === undefined ? {} : { fault }),
    };
  }

  /**
   * Real peers wait for good when a transaction that sets a key's policy is invalid before its endorsements are looked at,
   * and another in its block writes that key.
   */
  private fault(stage: number, steps: readonly Step[]): Fault | undefined {
    const fault = this.random.pick(faults);
    if (steps.some(locks) && !leavesEndorsementsToJudge(fault)) return undefined;
    if ((fault === 'metadata of another name' || fault === 'writes doubled') && stage % 2 === 1) return undefined;
    if (fault === 'writes turned into deletions' && stage % 2 === 0) return undefined;
    return fault;
  }

  /**
   * Real peers panic for good, all of them, when a block deletes a key and a later transaction in it sets the key's policy
   * alone. So keys are deleted in other stages than those in which policies are set.
   */
  private step(stage: number): Step {
    const { random } = this;
    const locks: (() => Step)[] = [
      () => ['setPolicy', this.key(), random.some(mspIds)],
      () => ['setPolicyBytes', this.key(), random.pick(keyPolicies)],
      () => ['setPrivatePolicyBytes', this.collection(), this.key(), random.pick(keyPolicies)],
      () => ['setPrivatePolicy', this.collection(), this.key(), random.some(mspIds)],
    ];
    const removes: (() => Step)[] = [
      () => ['delete', this.key()],
      () => ['put', this.key(), ''],
      () => ['deletePrivate', this.collection(), this.key()],
      () => ['purgePrivate', this.collection(), this.key()],
    ];
    const refused = 23;
    const kinds: (() => Step)[] = [
      ...(stage % 2 === 0 ? locks : removes),
      () => ['put', this.key(), this.value()],
      () => ['put', this.key(), this.value()],
      () => ['get', this.key()],
      () => ['get', this.key()],
      () => ['range', this.prefix, `${this.prefix}~`],
      () => ['range', this.key(), this.key()],
      () => ['page', this.key(), '', 1 + random.below(4)],
      () => [
        'page',
        this.prefix,
        `${this.prefix}~`,
        2,
        random.pick([this.key(), `${this.prefix}bb`, `${this.prefix}~`]),
      ],
      () => ['putComposite', `${this.prefix}c`, ['x', random.pick(['1', '2'])], this.value()],
      () => ['rangeComposite', `${this.prefix}c`, random.pick([['x'], [], ['x', '1'], ['y']])],
      () => ['page', this.prefix, `${this.prefix}~`, 1 + random.below(3)],
      () => ['pageComposite', `${this.prefix}c`, ['x'], 1],
      () => ['history', this.key()],
      () => ['getPolicy', this.key()],
      () => ['event', random.pick(['first', 'second']), this.value()],
      () => ['event', '', this.value()],
      () => ['putPrivate', this.collection(), this.key(), this.value()],
      () => ['putPrivate', this.collection(), this.key(), this.value()],
      () => ['putTransient', this.collection(), this.key(), 'secret'],
      () => ['getPrivate', this.collection(), this.key()],
      () => ['getPrivateHash', this.collection(), this.key()],
      () => ['rangePrivate', this.collection(), this.prefix, `${this.prefix}~`],
      () => ['getPrivatePolicy', this.collection(), this.key()],
      () => ['invoke', random.pick(chaincodes).name, [this.simple(), this.simple()]],
      () => ['invoke', random.pick(chaincodes).name, [this.called(), this.simple()], random.pick(['', 'mychannel'])],
      () => ['invoke', this.chaincode, [this.called(), this.simple()]],
      () => ['rangePrivate', this.collection(), this.key(), this.key()],
      () => ['putOrganisation', this.key()],
      () => ['put', '', this.value()],
      () => ['get', ''],
      () => ['fail', 'refused'],
      () => ['query', '{}'],
      () => ['getPrivate', 'nowhere', this.key()],
      () => ['putPrivate', this.collection(), this.key(), ''],
      () => ['invoke', 'nothing', []],
      () => ['invoke', random.pick(chaincodes).name, [this.simple()], 'elsewhere'],
      () => ['invokeWith', 'qscc', [random.pick(['GetChainInfo', 'Nothing']), random.pick(['mychannel', 'elsewhere'])]],
      () => ['invokeWith', 'cscc', [random.pick(['GetChannels', 'Nothing'])]],
      () => ['invoke', random.pick(chaincodes).name, [['fail', 'refused'], this.simple()]],
      () => ['respond', random.pick([0, 200, 201, 299, 399, 400, 404, 499, 500, 501]), this.value()],
      () => ['invoke', random.pick(chaincodes).name, [this.simple(), ['respond', random.pick([201, 404, 500]), 'x']]],
      () => ['deletePrivate', 'nowhere', this.key()],
      () => ['purgePrivate', 'nowhere', this.key()],
      () => ['getPrivatePolicy', 'nowhere', this.key()],
      () => ['getPrivateHash', 'nowhere', this.key()],
      () => ['getPrivate', this.collection(), ''],
      () => ['putPrivate', this.collection(), '', this.value()],
      () => ['getPolicy', ''],
      () => ['history', ''],
      () => ['delete', ''],
    ];
    // What the shim or the peer refuses would end most transactions; half of them go on.
    const rare = kinds.length - refused;
    const step = kinds[random.chance(0.93) ? random.below(rare) : rare + random.below(refused)]?.() ?? ['creator'];
    return random.chance(0.5) ? ['try', ...step] : step;
  }

  private simple(): Step {
    return this.random.chance(0.6) ? ['put', this.key(), this.value()] : ['get', this.key()];
  }

  /** What a called chaincode does; its event goes nowhere. */
  private called(): Step {
    const { random } = this;
    const collections = [...this.collections, random.pick(collectionsOf(random.pick(chaincodes).name))];
    return random.pick<() => Step>([
      () => ['range', this.prefix, `${this.prefix}~`],
      () => ['event', 'inner', this.value()],
      () => ['getPrivateHash', random.pick(collections), this.key()],
      () => ['getPrivate', random.pick(collections), this.key()],
      () => ['putPrivate', random.pick(collections), this.key(), this.value()],
      () => ['invoke', random.pick(chaincodes).name, [this.simple()]],
      () => ['creator'],
    ])();
  }

  private attempt(stage: number): Attempt {
    const { random } = this;
    const attempt = { label: `${this.label}/${stage}!`, by: random.pick(mspIds), at: random.pick(mspIds) };
    if (random.chance(0.6)) return { ...attempt, chaincode: this.chaincode, fault: random.pick(proposalFaults) };
    const words = ['mychannel', 'mychannel', 'elsewhere', '0', '1', '99999999', '-1', 'x'];
    const chaincode = random.pick(['qscc', 'qscc', 'cscc', '_lifecycle']);
    const name = random.pick(systemFunctions[chaincode] ?? []);
    if (name.endsWith('ByTxID') || name.endsWith('ByID')) words.push(`${this.label}/0.0`);
    const given = Array.from({ length: random.below(4) }, (_, index) =>
      index === 0 && random.chance(0.7) ? 'mychannel' : random.pick(words),
    );
    return { ...attempt, chaincode, call: { name, arguments: given } };
  }

  private user(): string {
    return this.random.chance(0.1) ? 'admin' : 'User1';
  }

  private question(stage: number, mspId: string): Question {
    const at = this.random.chance(0.9) ? mspId : this.random.pick(mspIds);
    const keys = keyNames.map((name) => `${this.prefix}${name}`);
    const steps: Step[] = [
      ...keys.flatMap((key): Step[] => [
        ['get', key],
        ['getPolicy', key],
        ['history', key],
      ]),
      ['range', this.prefix, `${this.prefix}~`],
      ['rangeComposite', `${this.prefix}c`, []],
      ...this.collections.flatMap((collection): Step[] => [
        ...keys.flatMap((key): Step[] => [
          ['getPrivate', collection, key],
          ['getPrivateHash', collection, key],
          ['getPrivatePolicy', collection, key],
        ]),
        ['rangePrivate', collection, this.prefix, `${this.prefix}~`],
      ]),
      ['page', this.prefix, `${this.prefix}~`, 2],
    ];
    const label = `${this.label}/${stage}?${mspId}`;
    // In the end everything is asked, in between a third, by chance.
    const asked = stage === stagesPerRound - 1 ? steps : steps.filter(() => this.random.chance(0.3));
    return {
      label,
      by: mspId,
      user: this.user(),
      at,
      chaincode: this.chaincode,
      steps: asked.map((step) => ['try', ...step]),
    };
  }

  private get prefix(): string {
    return `${this.label}-`;
  }

  private key(): string {
    return `${this.prefix}${this.random.pick(keyNames)}`;
  }

  private collection(): string {
    return this.random.pick(this.collections);
  }

  private value(): string {
    return `${this.label}=${this.values++}`;
  }
}

const keyNames = ['a', 'b', 'c'];

/** What clients read there; the last of each there is not. */
const systemFunctions: Readonly<Record<string, readonly string[]>> = {
  qscc: ['GetChainInfo', 'GetBlockByNumber', 'GetBlockByHash', 'GetBlockByTxID', 'GetTransactionByID', 'Nothing'],
  cscc: ['GetChannels', 'GetConfigBlock', 'GetChannelConfig', 'Nothing'],
  _lifecycle: ['QueryChaincodeDefinition', 'QueryChaincodeDefinitions', 'Nothing'],
};

function locks(step: Step): boolean {
  return step.some((word) => typeof word === 'string' && /^set(?:Private)?Policy/.test(word));
}

function leavesEndorsementsToJudge(fault: Fault): boolean {
  return fault.startsWith('endorse') || fault === 'no endorsements' || fault === 'bad signature';
}

function removesOrLocksItself(fault: Fault | undefined): boolean {
  return fault === 'metadata of another name' || fault === 'writes doubled' || fault === 'writes turned into deletions';
}

function removesOrLocks(step: Step): boolean {
  return step.some((word) => typeof word === 'string' && /^(?:delete|purge|setP|setPrivateP|$)/.test(word));
}
