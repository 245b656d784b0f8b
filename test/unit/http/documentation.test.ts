import assert from 'node:assert/strict';
import { startFakeGateway, type FakeGateway } from '../../helpers/fake-gateway.js';

describe('the documentation', () => {
  let run: FakeGateway;
  before(async () => {
    run = await startFakeGateway();
  });
  after(() => run.server.stop());

  const load = (path: string): Promise<Response> => fetch(new URL(path, `${run.url}/docs`));

  it('loads everything its page names, from here alone', async () => {
    for (const address of ['/docs', '/docs/']) {
      const page = await (await load(address)).text();
      const named = [...page.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, name]) => name ?? '');
      assert.ok(named.length >= 6);
      for (const name of named) {
        assert.ok(name.startsWith('/docs/'), name);
        const asset = await load(name);
        assert.equal(asset.status, 200, name);
        assert.ok((await asset.arrayBuffer()).byteLength > 0, name);
      }
    }
  });

  it('runs under a policy that lets in no other host and upgrades no address', async () => {
    const page = await load('/docs');
    const policy = page.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'self'/);
    assert.match(policy, /script-src 'self'(;|$)/);
    assert.doesNotMatch(policy, /https?:|upgrade-insecure-requests|\*/);
    // A script in the page itself would not run under this policy.
    assert.doesNotMatch(await page.text(), /<script(?![^>]*src=)|style="|onload=/);
  });

  it('shows the document at its address and asks nobody to check it', async () => {
    const script = await (await load('/docs/swagger-initializer.js')).text();
    assert.match(script, /url: '\/openapi\.json'/);
    assert.match(script, /validatorUrl: null/);
    const { body } = await run.api({ path: '/openapi.json' });
    assert.equal(body['openapi'], '3.1.0');
  });
});
