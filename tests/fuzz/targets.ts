import fc from 'fast-check'
import { parseRequestHead, parseResponseHead } from '../../protocols/http/wire.ts'
import { headerBytesOf } from '../../protocols/ipv4/wire.ts'
import { parsePushReply } from '../../protocols/openvpn/messages.ts'
import { parseOpenVpn } from '../../protocols/openvpn/wire.ts'
import { parseRtp } from '../../protocols/rtp/wire.ts'
import { parseClientHello, parseServerHello } from '../../protocols/tls/handshake.ts'
import { parseRecord } from '../../protocols/tls/wire.ts'
import { parseCall, parseResponse } from '../../protocols/xmlrpc/wire.ts'
import { ScenarioRun } from '../../simulation/run.ts'
import { builtInScenarios } from '../../topologies/built-in.ts'
import { readScenario, resolveScenario } from '../../topologies/read.ts'
import { writeScenario } from '../../topologies/write.ts'
import { readFrame } from '../../traces/frame-text.ts'
import { readPcapng } from '../../traces/pcapng-reader.ts'
import { randomFaults, withFaults } from '../random-faults.fixture.ts'
import { randomNetworks } from '../random-network.fixture.ts'
import { realFrames, scenarioOf, withEveryFrame } from './corpus.ts'
import { assertOneActive, assertSoundMetrics } from './invariants.ts'
import { corrupt, mendChecksums, randomNumbers } from './mutation.ts'

/** What is attacked, and what must hold: a property throws if it does not. */

export interface Target {
  readonly name: string
  /** How many cases make a round of about a second. */
  readonly cases: number
  property(): fc.IPropertyWithHooks<unknown>
}

const seeds = fc.integer({ min: 0, max: 0xffff_ffff })

// --- Parsers -----------------------------------------------------------------------------------

const PARSERS: readonly ((bytes: Uint8Array) => unknown)[] = [
  readFrame,
  readPcapng,
  parseOpenVpn,
  parseRecord,
  parseClientHello,
  parseServerHello,
  parseCall,
  parseResponse,
  parseRequestHead,
  parseResponseHead,
  (bytes) => parseRtp(bytes, 0, bytes.length),
  (bytes) => parsePushReply(new TextDecoder().decode(bytes)),
]

const randomBytes: Target = {
  name: 'parsers-random',
  cases: 20_000,
  property: () =>
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      for (const parse of PARSERS) parse(bytes)
    }),
}

const mutatedFrames: Target = {
  name: 'parsers-mutated',
  cases: 2_000,
  property: () => {
    const corpus = realFrames()
    return fc.property(fc.constantFrom(...corpus), seeds, (frame, seed) => {
      const next = randomNumbers(seed)
      const bytes = frame.slice(0, frame.length - (next() % 4 === 0 ? next() % frame.length : 0))
      for (let count = 1 + (next() % 4); count > 0; count--) corrupt(bytes, 0, bytes.length, next)
      if (next() % 2 === 0) mendChecksums(bytes, 0, bytes.length)
      readFrame(bytes)
      const ipAt = 14
      const payload = bytes.subarray(Math.min(bytes.length, ipAt + headerBytesOf(frame, ipAt)))
      for (const parse of PARSERS) parse(payload)
    })
  },
}

// --- Devices -----------------------------------------------------------------------------------

/** Frames that are changed on their way prove nothing of a path. */
const ABOUT_PROOFS = 'the truth covers what probes prove'

const mutatedTraffic: Target = {
  name: 'devices',
  cases: 4,
  property: () => {
    const scenarios = ['power-off-return', 'config-sync', 'admin-vip', 'reboot', 'nat-virtual-ip']
    return fc.property(
      fc.constantFrom(...scenarios),
      seeds,
      fc.constantFrom(0.001, 0.01, 0.05),
      fc.boolean(),
      (name, seed, share, isMended) => {
        const next = randomNumbers(seed)
        const run = new ScenarioRun({ ...scenarioOf(name), seed: seed & 0xffff }, 'fuzz')
        const touch = (frame: { bytes: Uint8Array; start: number; end: number }): void => {
          if (next() > share * 0xffff_ffff) return
          if (next() % 8 === 0) frame.end -= next() % (frame.end - frame.start - 13)
          else corrupt(frame.bytes, frame.start, frame.end, next)
          if (isMended) mendChecksums(frame.bytes, frame.start, frame.end)
        }
        withEveryFrame(touch, () => {
          try {
            run.finish()
          } catch (error) {
            if (!String(error).includes(ABOUT_PROOFS)) throw error
          }
        })
      },
    )
  },
}

// --- Documents ---------------------------------------------------------------------------------

const strange = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('', '0s', '1ns', '100h', '300.1.1.1', '10.0.0.0/33', '*', '__proto__', -1, 1e300),
)

const mutatedDocuments: Target = {
  name: 'documents',
  cases: 30,
  property: () =>
    fc.property(
      fc.constantFrom(...builtInScenarios.map(({ name }) => name)),
      seeds,
      fc.array(strange, { minLength: 1, maxLength: 3 }),
      (name, seed, values) => {
        const next = randomNumbers(seed)
        const document = structuredClone(
          builtInScenarios.find((each) => each.name === name)?.document,
        )
        for (const value of values) mutate(document, value, next)
        const result = resolveScenario(document)
        if (!result.ok) {
          if (result.problems.length === 0) throw new Error('refused without a problem')
          return
        }
        const again = readScenario(writeScenario(result.scenario))
        if (!again.ok) throw new Error(`not read again: ${JSON.stringify(again.problems)}`)
      },
    ),
}

/** Replaces, removes or repeats something deep inside. */
function mutate(document: unknown, value: unknown, next: () => number): void {
  let holder = document as Record<string, unknown>
  for (;;) {
    const keys = Object.keys(holder)
    const key = keys[next() % Math.max(1, keys.length)]
    if (key === undefined) return
    const inner = holder[key]
    if (typeof inner === 'object' && inner !== null && next() % 5 !== 0) {
      holder = inner as Record<string, unknown>
      continue
    }
    if (next() % 4 !== 0) {
      if (Array.isArray(holder) && next() % 3 === 0) holder.push(structuredClone(inner))
      else holder[key] = value
    } else if (Array.isArray(holder)) holder.splice(Number(key), 1)
    else delete holder[key]
    return
  }
}

// --- Networks and faults -----------------------------------------------------------------------

const networks: Target = {
  name: 'networks',
  cases: 20,
  property: () =>
    fc.property(randomNetworks, (document) => {
      const result = resolveScenario(document)
      if (!result.ok) throw new Error(JSON.stringify(result.problems))
      assertSoundMetrics(new ScenarioRun(result.scenario, 'fuzz').finish().metrics)
    }),
}

/** Faults that part two nodes which else hear each other: one that stands still hears nothing. */
const PARTING: readonly string[] = ['link-down', 'suspend']

const faultSequences: Target = {
  name: 'faults',
  cases: 10,
  property: () =>
    fc.property(randomFaults, seeds, (faults, seed) => {
      const overrides = withFaults(faults, seed & 0xffff)
      const result = new ScenarioRun(scenarioOf('no-fault', ...overrides), 'fuzz').finish()
      assertSoundMetrics(result.metrics)
      if (!faults.some(({ kind }) => PARTING.includes(kind))) assertOneActive(result)
    }),
}

export const TARGETS: readonly Target[] = [
  randomBytes,
  mutatedFrames,
  mutatedTraffic,
  mutatedDocuments,
  networks,
  faultSequences,
]
