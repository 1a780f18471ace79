import type { Principal } from './principal.js';
import type { PrincipalSet } from './satisfying-sets.js';

/** From the place of a set to the places of those of the other side. */
type Places = ReadonlyMap<number, readonly number[]>;

/**
 * The sets that satisfy two policies at once, as Fabric's discovery computes them. It is not exact: a set that names a
 * principal twice can push out one that names it once, and then peers that would do are not found. What a client sees
 * depends on that, so it is the same here.
 */
export function mergedSets(first: readonly PrincipalSet[], second: readonly PrincipalSet[]): PrincipalSet[] {
  const firstInSecond = containments(first, second);
  const leftOfFirst = without(first, firstInSecond);
  const secondInFirst = containments(second, leftOfFirst);
  const leftOfSecond = without(second, secondInFirst);
  const merged = [...joined(first, firstInSecond, second), ...joined(second, secondInFirst, leftOfFirst)];
  const apart = without(leftOfFirst, inverted(secondInFirst));
  // These places were counted before sets were taken away, by Fabric too.
  const others = without(leftOfSecond, inverted(firstInSecond));
  const pairs = apart.flatMap((one) => others.map((other) => joinedSet(one, other)));
  return smallest([...merged, ...pairs]);
}

/** Which set of one side is implied by which of the other. */
function containments(sets: readonly PrincipalSet[], others: readonly PrincipalSet[]): Places {
  const places = new Map<number, number[]>();
  for (const [i, set] of sets.entries()) {
    const containing = [...others.keys()].filter((j) =>
      set.every((principal) => others[j]?.some((other) => other.isA(principal)) === true),
    );
    if (containing.length > 0) places.set(i, containing);
  }
  return places;
}

function inverted(places: Places): Places {
  const result = new Map<number, number[]>();
  for (const [from, tos] of places) for (const to of tos) result.set(to, [...(result.get(to) ?? []), from]);
  return result;
}

function without(sets: readonly PrincipalSet[], places: Places): PrincipalSet[] {
  return sets.filter((_, i) => !places.has(i));
}

function joined(sets: readonly PrincipalSet[], places: Places, others: readonly PrincipalSet[]): PrincipalSet[] {
  return [...places].flatMap(([i, js]) => js.map((j) => joinedSet(sets[i] ?? [], others[j] ?? [])));
}

/** The second set, and what of the first nobody in it stands for; each stands for one. */
function joinedSet(set: PrincipalSet, containing: PrincipalSet): PrincipalSet {
  const used = new Set<number>();
  const added: Principal[] = [];
  for (const principal of set) {
    const cover = containing.findIndex((other, i) => !used.has(i) && other.isA(principal));
    if (cover < 0) added.push(principal);
    else used.add(cover);
  }
  return [...containing, ...added];
}

/** Without those that contain another; how often a principal is named does not count. */
function smallest(sets: readonly PrincipalSet[]): PrincipalSet[] {
  const kept = sets.filter((set, i) => {
    let contains = false;
    for (const [j, other] of sets.entries()) {
      if (i === j) continue;
      if (isSubset(other, set)) contains = true;
      if (i < j && isSubset(set, other)) contains = false;
    }
    return !contains;
  });
  return kept.length === sets.length ? kept : smallest(kept);
}

function isSubset(set: PrincipalSet, of: PrincipalSet): boolean {
  return set.every((principal) => of.some((other) => principal.equals(other)));
}
