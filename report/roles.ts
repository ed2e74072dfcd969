import { seconds } from '../traces/explain/layout.ts'
import { escapeHtml } from './html.ts'

/** What a member of a redundancy group was, from an instant on. */
interface RoleChange {
  readonly atUs: number
  readonly role: string
  /** In the words of the protocol; `off`: the node does not run. */
  readonly state: string
}

export interface MemberRoles {
  readonly node: string
  readonly group: string
  readonly changes: RoleChange[]
}

const ENDS_OF_LIFE = ['node.poweredOff', 'node.restarted', 'node.halted']

/** The roles of all members over time, from events.jsonl. */
export function rolesOf(events: string): MemberRoles[] {
  const members = new Map<string, MemberRoles>()
  for (const line of events.split('\n')) {
    if (line === '') continue
    const event = JSON.parse(line) as Record<string, string | number>
    const { node, kind, timeUs } = event
    if (typeof node !== 'string' || typeof timeUs !== 'number') continue
    if (kind === 'role.changed' || kind === 'role.removed') {
      const group = `${event.interface}@${event.id}`
      const key = `${node} ${group}`
      const member = members.get(key) ?? { node, group, changes: [] }
      members.set(key, member)
      const isGone = kind === 'role.removed'
      member.changes.push({
        atUs: timeUs,
        role: isGone ? 'none' : String(event.role),
        state: isGone ? '-' : String(event.after),
      })
    } else if (ENDS_OF_LIFE.includes(String(kind))) {
      for (const member of members.values()) {
        if (member.node !== node) continue
        member.changes.push({ atUs: timeUs, role: 'none', state: 'off' })
      }
    }
  }
  return [...members.values()].sort((a, b) => compare(a.group, b.group) || compare(a.node, b.node))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** A lane per member, and a slider that tells the roles at an instant. */
export function rolesSection(members: readonly MemberRoles[], endUs: number): string {
  if (members.length === 0) return '<p>There are no redundancy groups.</p>'
  const at = (us: number) => ((1000 * us) / Math.max(1, endUs)).toFixed(2)
  const rows = members
    .map(({ node, group, changes }) => {
      const bars = changes
        .map(({ atUs, role, state }, index) => {
          const untilUs = changes[index + 1]?.atUs ?? endUs
          return `<rect class="role ${escapeHtml(role)}" x="${at(atUs)}" width="${at(untilUs - atUs)}" height="14"><title>${escapeHtml(`${state} from ${seconds(atUs)} s`)}</title></rect>`
        })
        .join('')
      const label = `${group} on ${node}`
      return `<tr><th scope="row">${escapeHtml(label)}</th><td class="state" data-changes="${escapeHtml(JSON.stringify(changes))}">${escapeHtml(changes.at(-1)?.state ?? '')}</td><td class="lane"><svg viewBox="0 0 1000 14" preserveAspectRatio="none" role="img" aria-label="${escapeHtml(label)}">${bars}</svg></td></tr>`
    })
    .join('')
  return `<p><label for="time">Time</label> <input id="time" type="range" min="0" max="${endUs}" value="${endUs}" step="1"> <output id="now" for="time">${seconds(endUs)} s</output> <button id="play" type="button">Play</button></p>
<table class="lanes"><thead><tr><th scope="col">Member</th><th scope="col">Role then</th><th scope="col">Over time</th></tr></thead><tbody>${rows}</tbody></table>
<script>${SCRIPT}</script>`
}

/** Twenty seconds for the whole run, whatever its length. */
const SCRIPT = `(() => {
const time = document.getElementById('time'), now = document.getElementById('now'), play = document.getElementById('play')
const cells = [...document.querySelectorAll('td.state')].map((cell) => ({ cell, changes: JSON.parse(cell.dataset.changes) }))
const show = () => {
  const us = Number(time.value)
  now.textContent = (us / 1e6).toFixed(6) + ' s'
  for (const { cell, changes } of cells) {
    const last = changes.filter((each) => each.atUs <= us).at(-1)
    cell.textContent = last ? last.state : '-'
    cell.className = 'state ' + (last ? last.role : 'none')
  }
}
time.addEventListener('input', show)
let timer
const stop = () => { clearInterval(timer); timer = undefined; play.textContent = 'Play' }
play.addEventListener('click', () => {
  if (timer !== undefined) return stop()
  if (Number(time.value) >= Number(time.max)) time.value = 0
  play.textContent = 'Pause'
  timer = setInterval(() => {
    time.value = Number(time.value) + Number(time.max) / 400
    show()
    if (Number(time.value) >= Number(time.max)) stop()
  }, 50)
})
show()
})()`
