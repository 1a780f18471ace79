import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StateLayout } from '../state/layout.js';
import { Fleet } from './fleet.js';
import type { ProcessPlan } from './supervisor.js';

describe('Fleet', () => {
  let layout: StateLayout;
  beforeEach(() => {
    layout = new StateLayout(mkdtempSync(join(tmpdir(), 'fleet-')));
  });
  afterEach(async () => {
    await new Fleet(layout).stopAll();
    rmSync(layout.root, { recursive: true });
  });

  const plan = (name: string, ports: number[] = []): ProcessPlan => ({
    name,
    command: [process.execPath, '-e', 'setInterval(() => {}, 1000)'],
    environment: {},
    ports,
    timeoutMs: 5000,
    isReady: () => Promise.resolve(true),
  });
  const running = async () => {
    const handles = await new Fleet(layout).handles();
    return handles.filter(({ isAlive }) => isAlive).map(({ name }) => name);
  };

  it('stops what it started, and not what somebody else did', async () => {
    await new Fleet(layout).start(plan('theirs'));
    const fleet = new Fleet(layout, 'start');
    await fleet.start(plan('theirs'));
    await fleet.start(plan('ours'));
    expect(await fleet.stopOwn()).toEqual(['ours']);
    expect(await running()).toEqual(['theirs']);
  });

  it('stops what an earlier one of the same owner left behind', async () => {
    await new Fleet(layout, 'start').start(plan('left'));
    await new Fleet(layout).start(plan('theirs'));
    const next = new Fleet(layout, 'start');
    expect(await next.stopOwn()).toEqual(['left']);
    expect(await running()).toEqual(['theirs']);
  });

  it('leaves nothing behind that was about to start when it was stopped', async () => {
    const fleet = new Fleet(layout, 'start');
    const starting = fleet.start(plan('late', [1]));
    const stopped = fleet.stopOwn();
    await expect(starting).rejects.toMatchObject({ code: expect.stringMatching(/NOT_READY|PORT_IN_USE/) });
    await stopped;
    expect(await running()).toEqual([]);
    await expect(fleet.start(plan('later'))).rejects.toMatchObject({ code: 'NOT_READY' });
    fleet.reopen();
    await fleet.start(plan('later'));
    expect(await running()).toEqual(['later']);
  });

  it('takes a damaged record for none', async () => {
    await new Fleet(layout).start(plan('one'));
    writeFileSync(join(layout.run, 'two.json'), '{"name": "tw');
    expect(await running()).toEqual(['one']);
  });
});
