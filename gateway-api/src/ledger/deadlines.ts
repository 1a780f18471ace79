/**
 * How long each stage may take, in milliseconds. An endorser that hangs costs one `endorse`, then another is asked.
 * `submit` is longer than the peer's own broadcast timeout of 30 s, so that the peer says what happened and not we.
 */
export const deadlines = { evaluate: 8_000, endorse: 8_000, submit: 35_000, commitStatus: 20_000 } as const;

/** How long an unknown outcome is asked for before it is reported as unknown. */
export const outcomePatience = 20_000;

export const within = (milliseconds: number) => () => ({ deadline: Date.now() + milliseconds });
