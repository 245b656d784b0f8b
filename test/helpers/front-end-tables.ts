// An agency's front-end table with penalties, in a real MariaDB or PostgreSQL, in a database of its own.
import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';
import { HEADINGS } from '../../bench/penalty-rows.js';
import { createEmptyDatabase } from './database.js';

export interface FrontEndTable {
  readonly url: string;
  insert(rows: readonly (readonly string[])[]): Promise<void>;
  /** Changes the remark of the first `count` rows. */
  change(count: number): Promise<void>;
  /** Deletes the last `count` rows by id. */
  remove(count: number): Promise<void>;
  /** Counts the verdicts in the feedback table; none while there is no such table. */
  feedback(): Promise<{ verdict: string; count: number }[]>;
  /** The whole feedback table as text. */
  feedbackText(): Promise<string>;
  drop(): Promise<void>;
}

type Run = (text: string, values?: readonly string[]) => Promise<Record<string, unknown>[]>;

const AT_ONCE = 500;
const COUNT_FEEDBACK =
  'select verdict, count(*) as count from credit_feedback group by verdict order by verdict';

/** Creates a database on the MariaDB of TEST_MARIADB_URL or 127.0.0.1:3306; undefined where none answers. */
export async function createMariadb(): Promise<FrontEndTable | undefined> {
  const server = new URL(process.env['TEST_MARIADB_URL'] ?? 'mysql://root@127.0.0.1:3306');
  const name = `front_end_${process.pid}_${randomBytes(4).toString('hex')}`;
  const admin = await mysql.createConnection(server.href).catch(() => undefined);
  if (admin === undefined) return undefined;
  await admin.query(`create database ${name} character set utf8mb4`);
  const url = new URL(server.href);
  url.pathname = `/${name}`;
  const pool = mysql.createPool({ uri: url.href, connectionLimit: 2 });
  const run: Run = async (text, values = []) => {
    const [rows] = await pool.query(text, [...values]);
    return rows as Record<string, unknown>[];
  };
  const columns = HEADINGS.map((heading) => `${heading} text`).join(', ');
  await run(
    `create table penalties (id bigint auto_increment primary key, ${columns},
       updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3), index (updated_at))`,
  );
  return tableOf(url.href, run, {
    placeholder: () => '?',
    isMissing: (error) => (error as { code?: string }).code === 'ER_NO_SUCH_TABLE',
    touch: 'current_timestamp(3)',
    drop: async () => {
      await pool.end();
      await admin.query(`drop database ${name}`);
      await admin.end();
    },
  });
}

/** Creates a database with the table on the PostgreSQL of the tests. */
export async function openPostgresTable(): Promise<FrontEndTable> {
  const test = await createEmptyDatabase();
  const run: Run = async (text, values = []) => (await test.database.query(text, values)).rows;
  const columns = HEADINGS.map((heading) => `${heading} text`).join(', ');
  await run(
    `create table penalties (id bigint generated always as identity primary key, ${columns},
       updated_at timestamptz not null default clock_timestamp())`,
  );
  await run('create index on penalties (updated_at)');
  return tableOf(test.url, run, {
    placeholder: (n) => `$${n}`,
    isMissing: (error) => (error as { code?: string }).code === '42P01',
    touch: 'clock_timestamp()',
    drop: test.drop,
  });
}

interface Dialect {
  readonly placeholder: (n: number) => string;
  readonly isMissing: (error: unknown) => boolean;
  readonly touch: string;
  readonly drop: () => Promise<void>;
}

function tableOf(url: string, run: Run, dialect: Dialect): FrontEndTable {
  return {
    url,
    insert: async (rows) => {
      for (let at = 0; at < rows.length; at += AT_ONCE) {
        const some = rows.slice(at, at + AT_ONCE);
        let n = 0;
        const tuples = some.map(() => `(${HEADINGS.map(() => dialect.placeholder((n += 1))).join(', ')})`);
        await run(`insert into penalties (${HEADINGS.join(', ')}) values ${tuples.join(', ')}`, some.flat());
      }
    },
    change: async (count) => {
      await run(`update penalties set BZ = '更正', updated_at = ${dialect.touch} where id <= ${count}`);
    },
    remove: async (count) => {
      const [last] = await run('select max(id) as id from penalties');
      await run(`delete from penalties where id > ${Number(last?.['id']) - count}`);
    },
    feedback: async () => {
      try {
        const rows = await run(COUNT_FEEDBACK);
        return rows.map(({ verdict, count }) => ({ verdict: String(verdict), count: Number(count) }));
      } catch (error) {
        if (dialect.isMissing(error)) return [];
        throw error;
      }
    },
    feedbackText: async () => JSON.stringify(await run('select * from credit_feedback')),
    drop: dialect.drop,
  };
}
