// `npm run bench:peers`: installs ns-3 of Debian (needs root), and builds our programs for it.
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const output = join(here, '../../../dist/peers')
const modules = [
  'bridge',
  'csma',
  'internet-apps',
  'internet',
  'traffic-control',
  'network',
  'core',
]
const packages = ['libns3-dev', 'g++']

/** @param {string} program @param {readonly string[]} args */
function call(program, args, env = process.env) {
  execFileSync(program, args, { stdio: 'inherit', env })
}

/** @param {string} name */
function isInstalled(name) {
  try {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the format is that of dpkg-query
    const status = execFileSync('dpkg-query', ['-W', '-f=${Status}', name], { stdio: 'pipe' })
    return status.toString().endsWith(' installed')
  } catch {
    return false
  }
}

const missing = packages.filter((name) => !isInstalled(name))
if (missing.length > 0) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  call('apt-get', ['update', '-q'], env)
  call('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], env)
}

mkdirSync(output, { recursive: true })
// Debian's pkg-config files ask for more libraries than these programs need.
const libraries = modules.map((name) => `-lns3-${name}`)
for (const name of ['hold', 'path', 'reference']) {
  process.stdout.write(`building ${name}\n`)
  const source = join(here, `${name}.cc`)
  const program = join(output, `ns3-${name}`)
  call('g++', ['-std=c++17', '-O2', '-DNDEBUG', source, '-o', program, ...libraries])
}
