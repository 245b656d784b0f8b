// An agency's front-end database for a test: a database of its own on the real PostgreSQL or MariaDB of this
// machine, with an empty table of penalties. TEST_MARIADB_URL names another MariaDB or MySQL.
import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';
import pg from 'pg';
import type { DatabasePullSettings } from '../../../src/core/configuration.js';
import { createEmptyDatabase } from '../../helpers/database.js';
import { AGENCY, HEADINGS } from '../../helpers/penalties.js';
import { penaltyRow } from '../../../bench/penalty-rows.js';

export const KINDS = ['postgres', 'mysql'] as const;
export type Kind = (typeof KINDS)[number];

export interface AgencyRow {
  readonly id: number | string;
  /** The penalty is the n-th; the id where it is absent. */
  readonly n?: number;
  readonly at: string | null;
  readonly cells?: Readonly<Record<string, string | null>>;
}

export interface AgencyDatabase {
  readonly kind: Kind;
  readonly url: string;
  run(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  insert(rows: readonly AgencyRow[]): Promise<void>;
  /** Opens a further connection, for a transaction of its own. */
  connect(): Promise<{ run(text: string): Promise<void>; end(): Promise<void> }>;
  drop(): Promise<void>;
}

export const WHY_NOT = 'no MariaDB or MySQL answers at 127.0.0.1:3306 (or TEST_MARIADB_URL)';
const AT_ONCE = 500;

/** Opens one; undefined where no server of the kind answers. */
export async function openAgencyDatabase(kind: Kind): Promise<AgencyDatabase | undefined> {
  const opened = kind === 'postgres' ? await openPostgres() : await openMariadb();
  if (opened === undefined) return undefined;
  await createPenalties(opened);
  return {
    ...opened,
    insert: async (rows) => {
      for (let at = 0; at < rows.length; at += AT_ONCE)
        await insertSome(opened, rows.slice(at, at + AT_ONCE));
    },
  };
}

type Opened = Omit<AgencyDatabase, 'insert'>;

async function openPostgres(): Promise<Opened> {
  const test = await createEmptyDatabase();
  return {
    kind: 'postgres',
    url: test.url,
    run: async (text, values = []) => {
      let n = 0;
      const numbered = text.replaceAll('?', () => `$${(n += 1)}`);
      const { rows } = await test.database.query(numbered, values);
      return rows;
    },
    connect: async () => {
      const client = new pg.Client({ connectionString: test.url });
      client.on('error', () => undefined);
      await client.connect();
      return {
        run: async (text) => {
          await client.query(text);
        },
        end: () => client.end(),
      };
    },
    drop: test.drop,
  };
}

async function openMariadb(): Promise<Opened | undefined> {
  const server = new URL(process.env['TEST_MARIADB_URL'] ?? 'mysql://root@127.0.0.1:3306');
  const name = `front_end_${process.pid}_${randomBytes(4).toString('hex')}`;
  const admin = await mysql.createConnection(server.href).catch(() => undefined);
  if (admin === undefined) return undefined;
  await admin.query(`create database ${name} character set utf8mb4`);
  const url = new URL(server.href);
  url.pathname = `/${name}`;
  const pool = mysql.createPool({ uri: url.href, connectionLimit: 2, dateStrings: true });
  // An agency's own clients are on local time.
  pool.on('connection', (connection) => connection.query(`set time_zone = '+08:00'`));
  return {
    kind: 'mysql',
    url: url.href,
    run: async (text, values = []) => {
      const [rows] = await pool.query(text, [...values]);
      return rows as Record<string, unknown>[];
    },
    connect: async () => {
      const client = await mysql.createConnection(url.href);
      await client.query(`set time_zone = '+08:00'`);
      return {
        run: async (text) => {
          await client.query(text);
        },
        end: () => client.end(),
      };
    },
    drop: async () => {
      await pool.end();
      await admin.query(`drop database ${name}`);
      await admin.end();
    },
  };
}

async function createPenalties({ kind, run }: Opened): Promise<void> {
  const [moment, text] =
    kind === 'postgres' ? ['timestamptz', 'text'] : ['timestamp(6) null default null', 'longtext'];
  await run(
    `create table penalties (id bigint primary key, ${HEADINGS.map((heading) => `${heading} ${text}`).join(', ')},
       updated_at ${moment})`,
  );
  await run('create index penalties_by_time on penalties (updated_at)');
}

async function insertSome({ run, kind }: Opened, rows: readonly AgencyRow[]): Promise<void> {
  const values = rows.flatMap(({ id, n, at, cells }) => {
    const clean = penaltyRow(n ?? Number(id), AGENCY);
    const written = HEADINGS.map((heading, i) =>
      cells !== undefined && heading in cells ? cells[heading] : clean[i],
    );
    return [id, ...written, at === null ? null : moment(kind, at)];
  });
  const tuple = `(${['id', ...HEADINGS, 'at'].map(() => '?').join(', ')})`;
  await run(
    `insert into penalties (id, ${HEADINGS.join(', ')}, updated_at) values ${rows.map(() => tuple).join(', ')}`,
    values,
  );
}

/** Times of the tests are local times of the district. */
export function moment(kind: Kind, at: string): string {
  return kind === 'postgres' ? `${at}+08` : at;
}

export const SETTINGS: Omit<DatabasePullSettings, 'kind' | 'urlFile'> = {
  table: 'penalties',
  keyColumns: ['id'],
  cursor: { column: 'updated_at', kind: 'time', overlap: 60 },
  schedule: '0 * * * * *',
  withdrawsMissing: false,
};
