// Bundles the command line and the benchmarks. Types are checked elsewhere.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { yamlAsModule } from './yaml-value.mjs'

const top = fileURLToPath(new URL('..', import.meta.url))

const CHUNKS = 'parts'

const yamlValues = {
  name: 'yaml-values',
  /** @param {import('esbuild').PluginBuild} build */
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.yaml$/ }, ({ path }) => ({
      contents: yamlAsModule(readFileSync(path, 'utf8')),
    })),
}

/** @param {string} outdir */
export async function buildProgram(outdir) {
  rmSync(join(top, outdir, CHUNKS), { recursive: true, force: true })
  await bundle(outdir, {
    bascule: 'cli/main.ts',
    'sweep-worker': 'cli/sweep-worker.ts',
    bench: 'bench/main.ts',
  })
}

/** @param {Record<string, string>} entryPoints */
async function bundle(outdir, entryPoints) {
  await build({
    absWorkingDir: top,
    entryPoints,
    outdir,
    bundle: true,
    // A part that is imported when it is needed is a file of its own.
    splitting: true,
    chunkNames: `${CHUNKS}/[name]-[hash]`,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    plugins: [yamlValues],
    // It starts threads with a file of its own.
    external: ['piscina'],
    sourcemap: true,
    legalComments: 'none',
    logLevel: 'warning',
    banner: {
      // Some dependencies are CommonJS and ask for Node's modules by require.
      js: `#!/usr/bin/env node
import { createRequire as __createRequire } from 'node:module'
const require = __createRequire(import.meta.url)`,
    },
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === 'fuzz') await bundle('dist', { fuzz: 'tests/fuzz/main.ts' })
  else await buildProgram('dist')
}
