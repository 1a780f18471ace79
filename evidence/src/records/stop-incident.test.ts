import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { headerSchemas } from './header.js';
import { incidentPrivateSchema, incidentPublicSchema } from './incident.js';
import { type Stop, withStop } from './stop.js';
import { incidentOfStop, owesIncident, stopIncidentId } from './stop-incident.js';

const text = readFileSync(new URL('../../vectors/deployment.json', import.meta.url), 'utf8');
const running = headerSchemas.deployment.parse((JSON.parse(text) as { header: unknown }).header);
const stop: Stop = {
  schema: 1,
  deployment: running.id,
  kind: 'rollback',
  returnedTo: 'model:cleveland/heart-risk@1.0.0',
  approvals: [],
  flags: ['approval-missing'],
  author: 'HungarianMSP',
  txId: 'ab'.repeat(32),
  recordedAt: '2026-03-01T10:05:00.000Z',
  effectiveAt: '2026-03-01T10:00:00.000Z',
};

describe('the incident of a flagged stop', () => {
  it('has an id that everybody finds from the deployment', () => {
    // Written out once more, so that it does not depend on this project's canonical JSON.
    const name = createHash('sha256')
      .update(`["proofward/stop-incident/v1","${running.id}"]`)
      .digest('hex')
      .slice(0, 32);
    const [org] = running.id.slice('deployment:'.length).split('/');
    expect(stopIncidentId(running.id)).toBe(`incident:${org}/${name}@1`);
  });

  it('is owed where a stop is flagged, and only there', () => {
    expect(owesIncident(running)).toBe(false);
    expect(owesIncident(withStop(running, stop))).toBe(true);
    expect(owesIncident(withStop(running, { ...stop, flags: undefined }))).toBe(false);
  });

  it('says what is on the deployment: when it was switched, when that was known, and what is missing', () => {
    const { id, publicFields, privateFields, effectiveAt } = incidentOfStop(withStop(running, stop));
    expect(id).toBe(stopIncidentId(running.id));
    expect(incidentPublicSchema.parse(publicFields)).toEqual({ subjects: [running.id], severity: 'minor' });
    expect(incidentPrivateSchema.parse(privateFields)).toMatchObject({
      awareAt: stop.recordedAt,
      description: 'The deployment was rolled back, and no sign-off of the site approves it.',
      timeline: [{ at: stop.effectiveAt }, { at: stop.recordedAt }],
    });
    expect(effectiveAt).toBe(stop.effectiveAt);
  });
});
