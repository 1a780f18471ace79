import { describe, expect, it } from '@jest/globals';
import { fillConnection } from './connection.js';

describe('fillConnection', () => {
  const template = JSON.stringify({ address: '{{.address}}', dial_timeout: '10s', tls_required: false });

  it('fills text and leaves the rest', () => {
    expect(JSON.parse(fillConnection(template, { address: '127.0.0.1:17031' }))).toEqual({
      address: '127.0.0.1:17031',
      dial_timeout: '10s',
      tls_required: false,
    });
  });

  it('refuses to leave a template unfilled', () => {
    expect(() => fillConnection(template, {})).toThrow(/address/);
  });
});
