import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { cleanEnvironment, output } from './programs.mjs'

/** Cables and machines of the kernel's own, for daemons that want a real network. */

const WIRE = fileURLToPath(new URL('wire.py', import.meta.url))

/** One machine with one interface, and the other end of its cable in our hands. */
export class Laboratory {
  #machine
  #bench
  #namespaces = []
  #children = new Set()
  #tidy = () => this.dispose()

  /** @param {string} name told apart from every other laboratory by it and our process id */
  constructor(name) {
    this.#machine = `bascule-${process.pid}-${name}`
    this.#bench = `${this.#machine}-bench`
  }

  /** @param {string[]} addresses of the machine, with prefix lengths */
  async build(addresses) {
    process.once('exit', this.#tidy)
    for (const namespace of [this.#machine, this.#bench]) {
      await output('ip', ['netns', 'add', namespace])
      this.#namespaces.push(namespace)
    }
    const [machine, bench] = this.#namespaces
    const cable = ['link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'wire0', 'netns', bench]
    await output('ip', ['-n', machine, ...cable])
    for (const address of addresses) {
      await output('ip', ['-n', machine, 'address', 'add', address, 'dev', 'eth0'])
    }
    await output('ip', ['-n', machine, 'link', 'set', 'eth0', 'up'])
    await output('ip', ['-n', bench, 'link', 'set', 'wire0', 'up'])
  }

  /** Starts a program on the machine. @returns its lines so far, each with when it came (ms) */
  start(program, args) {
    const lines = []
    const child = this.#spawn(this.#machine, program, args)
    const add = (text) => lines.push({ atMs: Date.now(), text })
    onLines(child.stdout, add)
    onLines(child.stderr, add)
    child.on('error', (error) => add(`cannot be started: ${error.message}`))
    child.on('exit', (status) => add(`ended with status ${status}`))
    return lines
  }

  /**
   * Sends frames over the cable and listens.
   *
   * @param {{ atS: number, frame: Buffer }[]} schedule
   * @returns when it is over: what was sent and heard, each with when (ms)
   */
  async exchange(schedule, seconds) {
    const child = this.#spawn(this.#bench, 'python3', [WIRE, 'wire0', String(seconds)])
    const frames = []
    const complaints = []
    onLines(child.stdout, (line) => {
      const [what, at, hex] = line.split(' ')
      frames.push({ what, atMs: Number(at) * 1000, frame: Buffer.from(hex, 'hex') })
    })
    onLines(child.stderr, (line) => complaints.push(line))
    child.stdin.end(schedule.map(({ atS, frame }) => `${atS} ${frame.toString('hex')}\n`).join(''))
    const status = await new Promise((resolve) => child.on('close', resolve))
    if (status !== 0) throw new Error(`wire.py: ${complaints.join(' | ')}`)
    return {
      sent: frames.filter(({ what }) => what === 'sent'),
      heard: frames.filter(({ what }) => what === 'heard'),
    }
  }

  #spawn(namespace, program, args) {
    // `ip` becomes the program, so that the process we end is the program itself.
    const child = spawn('ip', ['netns', 'exec', namespace, program, ...args], {
      env: cleanEnvironment,
    })
    this.#children.add(child)
    child.on('exit', () => this.#children.delete(child))
    return child
  }

  /** Ends what runs in it and takes it down: only what it has made itself. */
  dispose() {
    process.off('exit', this.#tidy)
    for (const child of this.#children) child.kill('SIGKILL')
    for (const namespace of this.#namespaces.splice(0)) {
      spawnSync('ip', ['netns', 'delete', namespace], { env: cleanEnvironment })
    }
  }
}

function onLines(stream, tell) {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    for (const line of lines) tell(line)
  })
}
