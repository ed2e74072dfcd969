import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse } from 'yaml'
import { bascule, inParallel, scratchDirectory } from './programs.mjs'

/** A finished run of the program and what it left on disk. */
export class Run {
  constructor(title, directory) {
    this.title = title
    this.directory = directory
  }

  text(name) {
    return readFileSync(join(this.directory, name), 'utf8')
  }

  get metrics() {
    return JSON.parse(this.text('metrics.json'))
  }

  /** Flows that Wireshark can judge by their echoes. */
  get pingFlows() {
    const pings = this.metrics.flows.filter(({ kind }) => kind.endsWith('-ping'))
    // A probe that waited for an ARP answer in vain is on no wire.
    const isUnsent = ({ cause }) => cause === 'neighbourUnresolved'
    return pings.some(({ losses }) => losses.some(isUnsent)) ? [] : pings
  }

  get scenario() {
    return parse(this.text('scenario.yaml'))
  }

  get events() {
    return this.text('events.jsonl')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  }

  /** Paths of the captures of single points; `ofAllPoints` is not among them. */
  get captures() {
    return this.#captureFiles('.pcapng').filter((path) => path !== this.ofAllPoints)
  }

  /** The capture of all points in one file; undefined if the run did not write it. */
  get ofAllPoints() {
    const path = this.capture('all')
    return existsSync(path) ? path : undefined
  }

  get classicCaptures() {
    return this.#captureFiles('.pcap')
  }

  capture(point) {
    return join(this.directory, 'captures', `${point}.pcapng`)
  }

  #captureFiles(extension) {
    const directory = join(this.directory, 'captures')
    return readdirSync(directory)
      .filter((name) => name.endsWith(extension))
      .sort()
      .map((name) => join(directory, name))
  }
}

/** The name of a capture's point. */
export function pointOf(path) {
  return basename(path).replace(/\.pcap(ng)?$/, '')
}

let runCount = 0

/** @param {string[]} options of `bascule run` */
export async function runScenario(scenario, options = []) {
  // Which points are captured changes nothing else, and says nothing to a reader.
  const told = options.filter((each) => each !== '--set' && !each.startsWith('captures.'))
  const title = [scenario, ...told].join(' ')
  const directory = scratchDirectory('runs', `${++runCount}-${title.replaceAll(/[^\w.=-]+/g, '_')}`)
  await bascule(['run', scenario, ...options, '--out', directory, '--quiet'])
  return new Run(title, directory)
}

/** @param {[scenario: string, options?: string[]][]} wanted */
export function runScenarios(wanted) {
  return inParallel(wanted, ([scenario, options]) => runScenario(scenario, options))
}

/** Names of the scenarios that come with the program. */
export async function builtInScenarios() {
  // Under the name of each group its scenarios, indented.
  const lines = (await bascule(['list'])).split('\n').filter((line) => line.startsWith('  '))
  return lines.map((line) => line.trim().split(/\s/)[0])
}
