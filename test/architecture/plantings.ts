/** Small sources that break a rule, and their neighbours that just do not: the proof that each rule bites, and where. */

export interface Planting {
  readonly rule: string;
  readonly title: string;
  readonly files: Readonly<Record<string, string>>;
  /** `path:line` of every violation expected; empty for a neighbour that is allowed. */
  readonly at: readonly string[];
}

const lines = (count: number, line = 'export const x = 1;\n'): string => line.repeat(count);
const EMPTY = 'export {};\n';

const imports: readonly Planting[] = [
  {
    rule: 'known-folders',
    title: 'a folder without a layer',
    files: { 'src/utils/strings.ts': EMPTY, 'src/main.ts': EMPTY, 'src/kernel/ids.ts': EMPTY },
    at: ['src/utils/strings.ts:1'],
  },
  {
    rule: 'layer-direction',
    title: 'platform imports a capability',
    files: { 'src/platform/http/guard.ts': "import { x } from '../../traces/index.js';" },
    at: ['src/platform/http/guard.ts:1'],
  },
  {
    rule: 'layer-direction',
    title: 'traces imports identity, for a type only, inside a type, and dynamically',
    files: {
      'src/traces/a.service.ts':
        "import type { X } from '../identity/index.js';\ntype Y = import('../quotas/index.js').Y;\nvoid import('../policies/index.js');\nexport * from '../quota-requests/index.js';",
    },
    at: [
      'src/traces/a.service.ts:1',
      'src/traces/a.service.ts:2',
      'src/traces/a.service.ts:3',
      'src/traces/a.service.ts:4',
    ],
  },
  {
    rule: 'layer-direction',
    title: 'the development stack imports a capability, and a layer imports the stack',
    files: {
      'src/embedded/stack.ts':
        "import { x } from '../traces/index.js';\nimport { y } from '../platform/config/load-config.js';",
      'src/platform/database/start.ts': "import { startEmbeddedPostgres } from '../../embedded/postgres.js';",
    },
    at: ['src/embedded/stack.ts:1', 'src/platform/database/start.ts:1'],
  },
  {
    rule: 'layer-direction',
    title: 'a capability imports the composition, product code imports tests',
    files: {
      'src/traces/a.ts': "import { AppModule } from '../app.module.js';",
      'src/platform/b.ts': "import { fake } from '../../test/support/fake.js';\nimport { c } from './c.spec.js';",
      'src/platform/c.spec.ts': "import { fake } from '../../test/support/fake.js';",
    },
    at: ['src/traces/a.ts:1', 'src/platform/b.ts:1', 'src/platform/b.ts:2'],
  },
  {
    rule: 'layer-direction',
    title: 'a migration leans on code that may still change',
    files: { 'migrations/1-x.ts': "import { TABLES } from '../src/traces/day-partition.js';" },
    at: ['migrations/1-x.ts:1'],
  },
  {
    rule: 'layer-direction',
    title: 'from the left, from oneself and from the root it is allowed',
    files: {
      'src/quotas/a.ts': "import { x } from '../traces/index.js';\nimport { y } from './core/y.js';",
      'src/app.module.ts': "import { TracesModule } from './traces/index.js';",
      'src/commands/dlq.command.ts': "import { x } from '../traces/index.js';",
    },
    at: [],
  },
  {
    rule: 'layer-direction',
    title: 'the migrations are handed to platform by the root, not fetched by it',
    files: {
      'src/platform/database/migrate.ts': "import { migrations } from '../../../migrations/all.js';",
      'src/commands/migrate.command.ts': "import { migrations } from '../../migrations/all.js';",
      'src/app.module.ts': "import { migrations } from '../migrations/all.js';",
      'test/support/database.ts': "import { migrations } from '../../migrations/all.js';",
    },
    at: ['src/platform/database/migrate.ts:1'],
  },
  {
    rule: 'capability-door',
    title: "another capability's store",
    files: {
      'src/quotas/usage.service.ts':
        "import { TraceStore } from '../traces/trace.store.js';\nimport { Trace } from '../traces/core/trace.js';\nimport { T } from '../traces/index.js';",
    },
    at: ['src/quotas/usage.service.ts:1', 'src/quotas/usage.service.ts:2'],
  },
  {
    rule: 'capability-door',
    title: 'core may use the core of another capability',
    files: { 'src/quotas/core/usage.ts': "import type { Trace } from '../../traces/core/trace.js';" },
    at: [],
  },
  {
    rule: 'pure-imports',
    title: 'a package, a builtin and a service in core; a package in kernel',
    files: {
      'src/traces/core/a.ts':
        "import { Injectable } from '@nestjs/common';\nimport { createHash } from 'node:crypto';\nimport { S } from '../a.service.js';\nimport { d } from '../../platform/config/load-config.js';",
      'src/kernel/b.ts': "import { z } from 'zod';",
      'src/traces/core/c.spec.ts': "import fc from 'fast-check';",
    },
    at: [1, 2, 3, 4].map((line) => `src/traces/core/a.ts:${line}`).concat('src/kernel/b.ts:1'),
  },
  {
    rule: 'pure-imports',
    title: 'kernel, core and own data are allowed',
    files: {
      'src/traces/core/a.ts':
        "import { AppError } from '../../kernel/errors.js';\nimport { b } from './b.js';\nimport data from '../data/x.json' with { type: 'json' };",
    },
    at: [],
  },
  {
    rule: 'no-cycles',
    title: 'a ring of three, one of them by type only',
    files: {
      'src/traces/a.ts': "import { b } from './b.js';",
      'src/traces/b.ts': "import type { C } from './c.js';",
      'src/traces/c.ts': "export { a } from './a.js';",
      'src/traces/d.ts': "import { a } from './a.js';",
    },
    at: ['src/traces/a.ts:1'],
  },
  {
    rule: 'no-cycles',
    title: 'a diamond is no ring',
    files: {
      'src/traces/a.ts': "import './b.js';\nimport './c.js';",
      'src/traces/b.ts': "import './d.js';",
      'src/traces/c.ts': "import './d.js';",
      'src/traces/d.ts': EMPTY,
    },
    at: [],
  },
  {
    rule: 'resolvable-imports',
    title: 'an import that leads nowhere',
    files: { 'src/traces/a.ts': "import './b.js';\nimport './c.js';", 'src/traces/b.ts': EMPTY },
    at: ['src/traces/a.ts:2'],
  },
];

const sizes: readonly Planting[] = [
  {
    rule: 'file-size',
    title: '301 code lines, and a template of 301 lines; comments and blank lines are free',
    files: {
      'src/traces/long.ts': lines(301),
      'src/traces/long.store.ts': `export const sql = \`\n${'x\n'.repeat(301)}\`;`,
      'src/traces/fits.ts':
        lines(300) + '\n'.repeat(50) + '// why\n'.repeat(50) + '/** a\n * b\n */\nexport {};\n'.slice(0, -12),
      'test/e2e/long.spec.ts': lines(301),
    },
    at: ['src/traces/long.ts:1', 'src/traces/long.store.ts:1'],
  },
  {
    rule: 'file-size',
    title: 'tests have a cap as well',
    files: { 'test/e2e/long.spec.ts': lines(501) },
    at: ['test/e2e/long.spec.ts:1'],
  },
  {
    rule: 'function-size',
    title: '61 code lines in a function, a method and an arrow',
    files: {
      'src/traces/a.ts': `function f() {\n${lines(59, '  x();\n')}}\nfunction g() {\n${lines(58, '  x();\n')}\n// why\n}\n`,
      'src/traces/b.ts': `class A {\n  f() {\n${lines(59, '    x();\n')}  }\n}\nconst h = () => {\n${lines(59, '  x();\n')}};\n`,
    },
    at: ['src/traces/a.ts:1', 'src/traces/b.ts:2', 'src/traces/b.ts:64'],
  },
  {
    rule: 'constructor-size',
    title: 'seven dependencies',
    files: {
      'src/traces/a.ts': 'class A {\n  constructor(a: A, b: B, c: C, d: D, e: E, f: F, g: G) {}\n}',
      'src/traces/b.ts': 'class A {\n  constructor(a: A, b: B, c: C, d: D, e: E, f: F) {}\n}',
    },
    at: ['src/traces/a.ts:2'],
  },
  {
    rule: 'index-is-a-door',
    title: 'a barrel inside a capability, in platform and in core',
    files: {
      'src/traces/ingest/index.ts': EMPTY,
      'src/platform/index.ts': EMPTY,
      'src/traces/core/index.ts': EMPTY,
      'src/traces/index.ts': EMPTY,
      'migrations/index.ts': EMPTY,
    },
    at: ['src/traces/ingest/index.ts:1', 'src/platform/index.ts:1', 'src/traces/core/index.ts:1'],
  },
  {
    rule: 'not-too-small',
    title: 'a file of 11 lines',
    files: {
      'src/traces/tiny.ts': lines(11),
      'src/traces/fits.ts': lines(12),
      'src/traces/traces.module.ts': lines(3),
      'src/traces/index.ts': lines(3),
      'src/kernel/clock.ts': lines(3),
      'test/support/setup.ts': lines(1),
    },
    at: ['src/traces/tiny.ts:1'],
  },
];

const contents: readonly Planting[] = [
  {
    rule: 'no-forward-ref',
    title: 'imported and called',
    files: {
      'src/traces/a.module.ts': "import { forwardRef } from '@nestjs/common';\nconst a = [forwardRef(() => B)];",
    },
    at: ['src/traces/a.module.ts:1', 'src/traces/a.module.ts:2'],
  },
  {
    rule: 'no-clock-no-chance',
    title: 'the clock and chance in core and kernel',
    files: {
      'src/traces/core/a.ts': 'Date.now();\nnew Date();\nMath.random();\nDate();\nnew Date(5);\nDate.UTC(2026, 1);',
      'src/kernel/b.ts': 'const now = Date.now;',
      'src/kernel/clock.ts': 'Date.now();',
      'src/traces/a.service.ts': 'Date.now();',
    },
    at: [1, 2, 3, 4].map((line) => `src/traces/core/a.ts:${line}`).concat('src/kernel/b.ts:1'),
  },
  {
    rule: 'entities-outside-core',
    title: 'an entity in core, and one in a service',
    files: {
      'src/traces/core/a.entity.ts': "@Entity('a')\nclass A {}",
      'src/traces/b.service.ts': "@Entity('b')\nclass B {}",
      'src/traces/c.entity.ts': "@Entity('c')\nclass C {}",
    },
    at: ['src/traces/core/a.entity.ts:1', 'src/traces/b.service.ts:1'],
  },
  {
    rule: 'sql-in-stores',
    title: 'statements in a service, in every form of literal',
    files: {
      'src/traces/a.service.ts': [
        "const a = 'SELECT 1';",
        'const b = `\n  INSERT INTO ${table} VALUES ($1)`;',
        "const c = 'UPDATE domains SET name = $1';",
        "const d = 'DELETE FROM domains';",
        'const e = `CREATE TABLE ${name} ()`;',
        'const f = `WITH x AS (SELECT 1) SELECT * FROM x`;',
        "const g = 'COPY traces FROM STDIN';",
        "const h = 'SET LOCAL lock_timeout = 1';",
      ].join('\n'),
    },
    at: [1, 2, 4, 5, 6, 7, 8, 9].map((line) => `src/traces/a.service.ts:${line}`),
  },
  {
    rule: 'sql-in-stores',
    title: 'stores, migrations and specs may; words that only look like SQL are none',
    files: {
      'src/traces/a.store.ts': "const a = 'SELECT 1';",
      'src/platform/database/b.ts': "const a = 'SELECT 1';",
      'migrations/1-x.ts': "const a = 'CREATE TABLE x ()';",
      'src/traces/c.spec.ts': "const a = 'SELECT 1';",
      'src/traces/d.ts': "const a = ['UPDATE', 'DELETE', 'Select one', 'SELECTED', 'COPY'];",
    },
    at: [],
  },
  {
    rule: 'snake-case-at-the-wire',
    title: 'members, variables, parameters and destructured names',
    files: {
      'src/traces/a.service.ts': [
        'interface A { trace_id: string }',
        'const project_id = 1;',
        'function f(domain_id: string, { user_name }: B) {}',
        'const { trace_id: traceId } = row;',
        'const counts = { too_large: 1 };',
        'class C { service_type = 1; }',
      ].join('\n'),
      'src/traces/a.dto.ts': 'interface A { trace_id: string }',
      'src/traces/core/wire.ts': 'interface A { trace_id: string }',
      'src/traces/a.store.ts': 'interface A { trace_id: string }',
    },
    at: [1, 2, 3, 3, 6].map((line) => `src/traces/a.service.ts:${line}`),
  },
];

export const plantings: readonly Planting[] = [...imports, ...sizes, ...contents];
