import type { Step } from '../plain/member.js';
import { chaincodes, collectionsOf, mspIds } from './channel.js';
import type { Random } from './random.js';

/** What is done to a transaction between its endorsement and the orderer. */
export const faults = [
  'bad signature',
  'endorsement dropped',
  'endorsement altered',
  'endorsement doubled',
  'result altered',
  'submitted twice',
] as const;
export type Fault = (typeof faults)[number];

export interface PlannedTransaction {
  /** Unique in all of a run. */
  label: string;
  by: string;
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
  at: string;
  chaincode: string;
  steps: readonly Step[];
}

export interface Stage {
  transactions: PlannedTransaction[];
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
      // All peers are asked in the end, and one in between.
      questions: (stage === stagesPerRound - 1 ? mspIds : [this.random.pick(mspIds)]).map((mspId) =>
        this.question(stage, mspId),
      ),
    };
  }

  private transaction(stage: number, index: number): PlannedTransaction {
    const { random } = this;
    const steps = Array.from({ length: 1 + random.below(4) }, () => this.step(stage));
    const mayWait = stage < stagesPerRound - 1 && !steps.some(removesOrLocks);
    return {
      label: `${this.label}/${stage}.${index}`,
      by: random.pick(mspIds),
      chaincode: this.chaincode,
      steps,
      ...(random.chance(0.8) ? { endorsers: random.some(mspIds) } : {}),
      transientData: { secret: this.value() },
      held: mayWait && random.chance(0.2) ? 1 : 0,
      ...(random.chance(0.12) ? { fault: random.pick(faults) } : {}),
    };
  }

  /**
   * Real peers panic for good, all of them, when a block deletes a key and a later transaction in it sets the key's policy
   * alone. So keys are deleted in other stages than those in which policies are set.
   */
  private step(stage: number): Step {
    const { random } = this;
    const locks: (() => Step)[] = [
      () => ['setPolicy', this.key(), random.some(mspIds)],
      () => ['setPrivatePolicy', this.collection(), this.key(), random.some(mspIds)],
    ];
    const removes: (() => Step)[] = [
      () => ['delete', this.key()],
      () => ['put', this.key(), ''],
      () => ['deletePrivate', this.collection(), this.key()],
      () => ['purgePrivate', this.collection(), this.key()],
    ];
    const kinds: (() => Step)[] = [
      ...(stage % 2 === 0 ? locks : removes),
      () => ['put', this.key(), this.value()],
      () => ['put', this.key(), this.value()],
      () => ['get', this.key()],
      () => ['get', this.key()],
      () => ['range', this.prefix, `${this.prefix}~`],
      () => ['range', this.key(), this.key()],
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
      () => ['putOrganisation', this.key()],
      () => ['put', '', this.value()],
      () => ['get', ''],
      () => ['fail', 'refused'],
      () => ['query', '{}'],
      () => ['getPrivate', 'nowhere', this.key()],
      () => ['putPrivate', this.collection(), this.key(), ''],
      () => ['invoke', 'nothing', []],
    ];
    // What the shim or the peer refuses would end most transactions; half of them go on.
    const rare = kinds.length - 8;
    const step = kinds[random.chance(0.93) ? random.below(rare) : rare + random.below(8)]?.() ?? ['creator'];
    return random.chance(0.5) ? ['try', ...step] : step;
  }

  private simple(): Step {
    return this.random.chance(0.6) ? ['put', this.key(), this.value()] : ['get', this.key()];
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
    return { label, by: mspId, at, chaincode: this.chaincode, steps: steps.map((step) => ['try', ...step]) };
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

function removesOrLocks(step: Step): boolean {
  return step.some((word) => typeof word === 'string' && /^(?:delete|purge|setP|setPrivateP|$)/.test(word));
}
