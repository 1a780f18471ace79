import { describe, expect, it } from '@jest/globals';
import { databasesBeside } from './database.js';

describe('a server of DATABASE_URL', () => {
  it('that does not answer is named, without the password', async () => {
    // Port 9 is reserved for a service that answers nobody.
    const asked = databasesBeside('postgresql://somebody:hidden@127.0.0.1:9/postgres', ['cleveland']);
    await expect(asked).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringMatching(/^(?!.*hidden).*127\.0\.0\.1:9 .*somebody.*ECONNREFUSED.*; correct DATABASE_URL/),
    });
  });

  it.each(['hidden', 'mysql://a:hidden@host/db', ''])('is not %j', async (url) => {
    await expect(databasesBeside(url, ['cleveland'])).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringMatching(/^(?!.*hidden)DATABASE_URL is not of the form/),
    });
  });
});
