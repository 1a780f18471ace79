import { common } from '@hyperledger/fabric-protos';
import { Principal } from './principal.js';

/** Signatures that are enough for a policy; a principal that is there twice takes two signers. */
export type PrincipalSet = readonly Principal[];

/** As many as Fabric looks at for one gate; of a wider gate it leaves out rules at random. */
const MOST_COMBINATIONS = 10_000;

interface Gate {
  readonly rule: common.SignaturePolicy;
  readonly needed: number;
  rules: Gate[];
}

/** For each gate that counts, the rules of it that are to be satisfied. */
type Choice = ReadonlyMap<Gate, readonly Gate[]>;

/**
 * All sets that satisfy a signature policy; none for a policy that is not well formed. Undefined where one of its
 * principals cannot be compared with others.
 */
export function satisfyingSets(policy: common.SignaturePolicyEnvelope): PrincipalSet[] | undefined {
  const root = gateOf(policy.getRule() ?? new common.SignaturePolicy());
  const sets: PrincipalSet[] = [];
  for (const choice of choices(root)) {
    const indexes = signers(root, choice);
    const principals = indexes?.map((index) => policy.getIdentitiesList()[index]) ?? [];
    if (principals.length === 0) return [];
    const set: Principal[] = [];
    for (const message of principals) {
      if (message === undefined) return [];
      const principal = Principal.of(message);
      if (principal === undefined) return undefined;
      set.push(principal);
    }
    sets.push(set);
  }
  return sets;
}

function gateOf(rule: common.SignaturePolicy): Gate {
  const gate = rule.getNOutOf();
  return { rule, needed: gate?.getN() ?? 0, rules: (gate?.getRulesList() ?? []).map(gateOf) };
}

/** In Fabric's order, which decides between sets that are as good as each other. */
function choices(root: Gate): Choice[] {
  let found: Choice[] = [new Map()];
  const parents = new Map<Gate, Gate>();
  for (const gate of breadthFirst(root, ({ rules }) => rules)) {
    if (gate.rules.length === 0) continue;
    while (combinationCount(gate.rules.length, gate.needed) > MOST_COMBINATIONS)
      gate.rules.splice(Math.floor(Math.random() * gate.rules.length), 1);
    for (const rule of gate.rules) parents.set(rule, gate);
    const without = found.filter((choice) => !isChosen(gate, choice, parents));
    const within = found.filter((choice) => isChosen(gate, choice, parents));
    const options = combinations(gate.rules, gate.needed);
    found = [...without, ...within.flatMap((choice) => options.map((option) => new Map(choice).set(gate, option)))];
  }
  return found;
}

/** Of every gate above it the choice has been made already. */
function isChosen(gate: Gate, choice: Choice, parents: ReadonlyMap<Gate, Gate>): boolean {
  const parent = parents.get(gate);
  return parent === undefined || choice.get(parent)?.includes(gate) === true;
}

/** The indexes of the identities that a choice asks for; undefined where it comes to a gate without rules. */
function signers(root: Gate, choice: Choice): number[] | undefined {
  const chosen = (gate: Gate): readonly Gate[] => choice.get(gate) ?? [];
  const leaves = [...breadthFirst(root, chosen)].filter((gate) => chosen(gate).length === 0);
  if (leaves.some(({ rule }) => rule.getTypeCase() !== common.SignaturePolicy.TypeCase.SIGNED_BY)) return undefined;
  return leaves.map(({ rule }) => rule.getSignedBy());
}

function* breadthFirst(root: Gate, below: (gate: Gate) => readonly Gate[]): Generator<Gate> {
  const waiting = [root];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    yield next;
    waiting.push(...below(next));
  }
}

function combinations<T>(items: readonly T[], size: number): T[][] {
  if (size === 0) return [[]];
  return items.flatMap((item, i) => combinations(items.slice(i + 1), size - 1).map((rest) => [item, ...rest]));
}

function combinationCount(from: number, size: number): number {
  let count = 1;
  for (let i = 0; i < size; i++) count = (count * (from - i)) / (i + 1);
  return Math.max(count, 0);
}
