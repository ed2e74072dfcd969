import { createHmac } from 'node:crypto'
import { Laboratory } from './laboratory.mjs'
import { loadOwnReceiver } from './own-carp.mjs'
import { REFERENCE, VIRTUAL_IPS } from './reference.mjs'
import { problemsOf, unless } from './report.mjs'
import { runScenario } from './runs.mjs'
import { rawFrames } from './tshark.mjs'

/**
 * A real CARP daemon, Debian's ucarp, hears our advertisements and we hear its own. The network is
 * the kernel's, and so is the time: every bound here is generous.
 */

/** ucarp plays the part of pfsense2. */
const ALL_ADDRESSES = VIRTUAL_IPS.map(({ own }) => `${own}/24`)

/** ucarp listens before it looks at the clock: time for it to start. */
const LEAD_S = 1.5
/** What ucarp may take beyond the sum of its timers: it polls, and libpcap holds frames for 1 s. */
const PATIENCE_S = 3
/** ucarp's dead time with -b 1 -k 100: 3 * advbase + 100/256 s. */
const DEAD_S = 3.390625

const PROTOCOL_AT = 23
const CARP_PROTOCOL = 112
const CARP_AT = 34
const VHID_AT = CARP_AT + 1
const CHECKSUM_AT = CARP_AT + 6
const COUNTER_AT = CARP_AT + 8
const DIGEST_AT = CARP_AT + 16
const CARP_BYTES = 36

const COMPLAINT = /Bad |Ignoring|error/i

export async function checkRealDaemon(report) {
  const receive = await loadOwnReceiver()
  // Each in namespaces of its own, so they can go on side by side.
  const [failover, forgery, reverse] = await Promise.allSettled([
    runFailover(),
    runForgery(),
    runReverse(),
  ])
  await report.checkAll([
    ...claimsOf(failover, (result) => failoverClaims(result, receive), 'ucarp hears a failover'),
    ...claimsOf(forgery, forgeryClaims, 'ucarp hears forged advertisements'),
    ...claimsOf(reverse, (result) => reverseClaims(result, receive), 'we hear ucarp'),
  ])
}

/** If the experiment itself broke, that is the one finding. */
function claimsOf({ status, value, reason }, claims, title) {
  if (status === 'fulfilled') return claims(value)
  return [[title, () => Promise.reject(reason)]]
}

function ucarp(laboratory, { vhid, vip, own, password }, advskew) {
  return laboratory.start('ucarp', [
    ...['-i', 'eth0', '-s', own, '-a', vip, '-v', String(vhid), '-p', password],
    ...['-b', '1', '-k', String(advskew)],
  ])
}

/** When ucarp said that it changes to a state, in order. */
function changesTo(state, lines) {
  return lines
    .filter(({ text }) => text.includes(`Switching to state: ${state}`))
    .map(({ atMs }) => atMs)
}

function complaintsIn(lines) {
  return lines.filter(({ text }) => COMPLAINT.test(text)).map(({ text }) => text)
}

/** Besides advertisements the daemon's kernel also sends reports of its groups. */
function isAdvertisement({ frame }) {
  return frame[PROTOCOL_AT] === CARP_PROTOCOL
}

function ofVhid(vhid) {
  return (each) => isAdvertisement(each) && each.frame[VHID_AT] === vhid
}

// --- ucarp in the place of pfsense2 ----------------------------------------------------------------

/**
 * pfsense1 of a recorded run is on the wire: MASTER, then cut, then back. Six ucarps are its peers
 * and know nothing but what they hear.
 */
async function runFailover() {
  const run = await runScenario(REFERENCE, [
    ...['--set', 'faults.0.at=7500ms', '--set', 'faults.1.at=13s'],
    ...['--set', '**.bootDuration=1s', '--set', 'duration=18s'],
  ])
  const recorded = []
  for (const { name } of VIRTUAL_IPS) {
    const filter = 'carp && frame.packet_flags_direction==2'
    recorded.push(...(await rawFrames(run.capture(`pfsense1-${name}`), filter)))
  }
  recorded.sort((left, right) => left.timeUs - right.timeUs)
  const firstUs = recorded[0].timeUs
  const schedule = recorded.map(({ timeUs, frame }) => ({
    atS: LEAD_S + (timeUs - firstUs) / 1e6,
    frame,
  }))

  const laboratory = new Laboratory('failover')
  try {
    await laboratory.build(ALL_ADDRESSES)
    const logs = VIRTUAL_IPS.map((each) => ucarp(laboratory, each, 100))
    const { sent, heard } = await laboratory.exchange(schedule, schedule.at(-1).atS + 1)
    return { sent, heard, logs }
  } finally {
    laboratory.dispose()
  }
}

function failoverClaims({ sent, heard, logs }, receive) {
  const peers = VIRTUAL_IPS.map((virtualIp, index) => {
    const adverts = sent.filter(ofVhid(virtualIp.vhid))
    const gaps = adverts.map(({ atMs }, at) => atMs - (adverts[at - 1]?.atMs ?? atMs))
    const returned = gaps.indexOf(Math.max(...gaps))
    return {
      ...virtualIp,
      log: logs[index],
      adverts,
      lastBefore: adverts[returned - 1],
      firstAfter: adverts[returned],
      own: heard.filter(ofVhid(virtualIp.vhid)),
      tookOver: changesTo('MASTER', logs[index]),
      steppedBack: changesTo('BACKUP', logs[index]).slice(1),
    }
  })
  const each = (judge) => problemsOf(peers, (peer) => named(peer, judge(peer)))
  const count = `${sent.length} advertisements of ${peers.length} VHIDs`
  return [
    [
      'ucarp stays BACKUP while our advertisements come',
      () => ({
        problems: each(({ tookOver, lastBefore, adverts, log }) => [
          ...unless(adverts.length >= 8, `only ${adverts.length} advertisements were sent`),
          ...unless(changesTo('BACKUP', log).length > 0, `never BACKUP: ${log.at(-1)?.text}`),
          ...unless(
            !(tookOver[0] <= lastBefore.atMs),
            'became MASTER although it was told of another',
          ),
        ]),
        measured: count,
      }),
    ],
    [
      'ucarp finds nothing wrong with them',
      () => ({ problems: each(({ log }) => complaintsIn(log)), measured: count }),
    ],
    [
      'ucarp becomes MASTER when they stop',
      () => {
        const waits = peers.map(
          ({ tookOver, lastBefore }) => (tookOver[0] - lastBefore.atMs) / 1000,
        )
        return {
          problems: each(({ tookOver, lastBefore, firstAfter }) => {
            const waitS = (tookOver[0] - lastBefore.atMs) / 1000
            const isInTime = waitS > DEAD_S - 0.1 && waitS < DEAD_S + PATIENCE_S
            return [
              ...unless(isInTime, `after ${waitS} s, expected ${DEAD_S} s and a little`),
              ...unless(tookOver[0] < firstAfter.atMs, 'not before we were back'),
            ]
          }),
          measured: `${range(waits)} after the last one (dead time ${DEAD_S} s)`,
        }
      },
    ],
    [
      'ucarp yields to us when we are back',
      () => {
        const waits = peers.map(
          ({ steppedBack, firstAfter }) => (steppedBack[0] - firstAfter.atMs) / 1000,
        )
        return {
          problems: each(({ steppedBack, firstAfter, tookOver }) => {
            const waitS = (steppedBack[0] - firstAfter.atMs) / 1000
            return [
              ...unless(waitS >= 0 && waitS < PATIENCE_S, `after ${waitS} s`),
              ...unless(tookOver.length === 1, `was MASTER ${tookOver.length} times`),
            ]
          }),
          measured: `${range(waits)} after the first one`,
        }
      },
    ],
    [
      "ucarp's counter continues the last one that it accepted",
      () => ({
        problems: each(({ own, adverts, lastBefore, firstAfter }) => {
          const returned = adverts.filter(({ atMs }) => atMs >= firstAfter.atMs)
          return own.flatMap(({ frame, atMs }, index) => {
            const previous = own[index - 1] ?? lastBefore
            // Once we are back it may have heard us, or not yet.
            const accepted = returned.filter((advert) => advert.atMs <= atMs)
            const isNext = [previous, ...accepted].some(
              (before) => counterOf(frame) === counterOf(before.frame) + 1n,
            )
            return unless(isNext, `${counterOf(frame)} after ${counterOf(previous.frame)}`)
          })
        }),
        measured: `${heard.filter(isAdvertisement).length} advertisements`,
      }),
    ],
    ['our receiver accepts the ucarps that took over', () => acceptAll(peers, receive)],
  ]
}

function named({ vhid }, problems) {
  return problems.map((problem) => `VHID ${vhid}: ${problem}`)
}

function range(numbers) {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)]
  return `${low.toFixed(2)} to ${high.toFixed(2)} s`
}

function counterOf(frame) {
  return frame.readBigUInt64BE(COUNTER_AT)
}

function acceptAll(peers, receive) {
  let accepted = 0
  const problems = problemsOf(peers, (peer) =>
    named(peer, [
      ...unless(peer.own.length >= 2, `only ${peer.own.length} advertisements were heard`),
      ...peer.own.flatMap(({ frame }) => {
        const { error, isAuthentic, advertisement } = receive(frame, peer)
        if (error !== undefined) return [`${error} in ${frame.toString('hex')}`]
        accepted++
        return [
          ...unless(isAuthentic, `the digest of ${frame.toString('hex')} is refused`),
          ...unless(advertisement.vhid === peer.vhid, `VHID ${advertisement.vhid}`),
          ...unless(advertisement.advbaseSeconds === 1, `base ${advertisement.advbaseSeconds}`),
        ]
      }),
    ]),
  )
  return { problems, measured: `${accepted} advertisements` }
}

// --- Forged advertisements -------------------------------------------------------------------------

/** Checksum right, digest wrong: each a different lie. */
const FORGERIES = [
  ['a flipped bit of the digest', (frame) => flip(frame, DIGEST_AT)],
  ['a flipped bit of the counter', (frame) => flip(frame, COUNTER_AT + 7)],
  ['a digest made with another password', (frame) => resign(frame, 'carp-vhid-2', VIRTUAL_IPS[0])],
  ['a digest over another address', (frame) => resign(frame, 'carp-vhid-1', VIRTUAL_IPS[1])],
]

async function runForgery() {
  const run = await runScenario('no-fault')
  const filter = 'carp && frame.packet_flags_direction==2'
  const genuine = (await rawFrames(run.capture('pfsense1-wan'), filter)).map(({ frame }) => frame)
  // Two honest ones; then only forgeries; then, when it must have taken over, honest ones again.
  const forged = FORGERIES.map(([, forge], index) => forge(genuine[2 + index]))
  const frames = [genuine[0], genuine[1], ...forged]
  const schedule = frames.map((frame, index) => ({ atS: LEAD_S + index, frame }))
  const backS = LEAD_S + 1 + DEAD_S + PATIENCE_S
  for (let index = 0; index < 3; index++) {
    schedule.push({ atS: backS + index, frame: genuine[frames.length + index] })
  }
  const laboratory = new Laboratory('forgery')
  try {
    await laboratory.build(ALL_ADDRESSES)
    const log = ucarp(laboratory, VIRTUAL_IPS[0], 100)
    const { sent } = await laboratory.exchange(schedule, schedule.at(-1).atS + 1)
    return { sent, log }
  } finally {
    laboratory.dispose()
  }
}

function forgeryClaims({ sent, log }) {
  const badDigests = log.filter(({ text }) => text.includes('Bad digest'))
  const firstForged = 2
  const back = sent[firstForged + FORGERIES.length]
  return [
    ...FORGERIES.map(([what], index) => [
      `ucarp refuses ${what}`,
      () => {
        const { atMs } = sent[firstForged + index]
        const complaint = badDigests[index]
        const isAboutIt = complaint?.atMs >= atMs - 100 && complaint.atMs < atMs + 1500
        return {
          problems: unless(isAboutIt, `it said: ${complaint?.text ?? 'nothing'}`),
          measured: complaint?.text.replace(/^.*?(Bad digest).*$/, '$1'),
        }
      },
    ]),
    [
      'ucarp refuses nothing else, and forgeries do not keep it BACKUP',
      () => {
        const [masterMs] = changesTo('MASTER', log)
        const backups = changesTo('BACKUP', log)
        return {
          problems: [
            ...unless(
              badDigests.length === FORGERIES.length,
              `${badDigests.length} complaints for ${FORGERIES.length} forgeries`,
            ),
            ...unless(masterMs < back.atMs, 'it did not take over'),
            ...unless(backups[1] >= back.atMs, 'it did not yield to the genuine one afterwards'),
          ],
          measured: `MASTER ${((masterMs - sent[1].atMs) / 1000).toFixed(2)} s after the last genuine one`,
        }
      },
    ],
  ]
}

function flip(frame, at) {
  const forged = Buffer.from(frame)
  forged[at] ^= 0x01
  return withChecksum(forged)
}

function resign(frame, password, { vip }) {
  const forged = Buffer.from(frame)
  const message = Buffer.concat([
    Buffer.from([2, 1, forged[VHID_AT]]),
    Buffer.from(vip.split('.').map(Number)),
    forged.subarray(COUNTER_AT, DIGEST_AT),
  ])
  createHmac('sha1', password).update(message).digest().copy(forged, DIGEST_AT)
  return withChecksum(forged)
}

function withChecksum(frame) {
  frame.writeUInt16BE(0, CHECKSUM_AT)
  let sum = 0
  for (let at = CARP_AT; at < CARP_AT + CARP_BYTES; at += 2) sum += frame.readUInt16BE(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  frame.writeUInt16BE(sum ^ 0xffff, CHECKSUM_AT)
  return frame
}

// --- ucarp alone, and we listen --------------------------------------------------------------------

const LISTEN_S = 12

async function runReverse() {
  const laboratory = new Laboratory('reverse')
  try {
    await laboratory.build(ALL_ADDRESSES)
    const logs = VIRTUAL_IPS.slice(0, 2).map((each) => ucarp(laboratory, each, 0))
    const { heard } = await laboratory.exchange([], LISTEN_S)
    return { heard, logs }
  } finally {
    laboratory.dispose()
  }
}

function reverseClaims({ heard, logs }, receive) {
  const peers = VIRTUAL_IPS.slice(0, 2).map((virtualIp, index) => ({
    ...virtualIp,
    own: heard.filter(ofVhid(virtualIp.vhid)),
    log: logs[index],
  }))
  return [
    ['our receiver accepts a ucarp that never heard us', () => acceptAll(peers, receive)],
    [
      'our receiver refuses what ucarp did not sign',
      () => {
        const [peer, other] = peers
        const lies = peer.own.flatMap(({ frame }) => [
          ['a flipped bit of the digest', receive(flip(frame, DIGEST_AT), peer)],
          ['a flipped bit of the counter', receive(flip(frame, COUNTER_AT), peer)],
          ['another VHID', receive(flip(frame, VHID_AT), { ...peer, vhid: peer.vhid ^ 1 })],
          ['another password', receive(frame, { ...peer, password: other.password })],
          ['another address', receive(frame, { ...peer, vip: other.vip })],
        ])
        const problems = problemsOf(lies, ([what, { error, isAuthentic }]) =>
          unless(error === undefined && isAuthentic === false, `${what}: ${error ?? 'accepted'}`),
        )
        problems.push(...unless(lies.length > 0, 'nothing was heard'))
        return { problems, measured: `${lies.length} lies` }
      },
    ],
    [
      'ucarp advertises each second, with random counters',
      () => {
        const gaps = peers.flatMap(({ own }) =>
          own.slice(1).map(({ atMs }, index) => (atMs - own[index].atMs) / 1000),
        )
        const counters = heard.filter(isAdvertisement).map(({ frame }) => counterOf(frame))
        const problems = problemsOf(gaps, (gapS) =>
          unless(gapS > 0.8 && gapS < 1.5, `${gapS} s apart`),
        )
        problems.push(
          ...unless(gaps.length > 4, 'too few were heard'),
          ...unless(new Set(counters).size === counters.length, 'a counter came twice'),
        )
        return { problems, measured: `${gaps.length} gaps of ${range(gaps)}` }
      },
    ],
  ]
}
