import { describe, expect, it } from 'vitest'
import { ScenarioRun } from '../simulation/run.ts'
import { scenarioOf } from '../tests/run-scenario.fixture.ts'
import { bytesOf } from '../traces/run-file.ts'
import { reportHtml } from './report.ts'

const { metrics, timeline, makeFiles } = new ScenarioRun(
  scenarioOf('power-off-return'),
  'test',
).finish()
const events = makeFiles().find(({ name }) => name === 'events.jsonl')
if (events === undefined) throw new Error('no events.jsonl')
const sources = {
  metrics,
  events: new TextDecoder().decode(bytesOf(events)),
  timeline,
  scenario: 'name: <b>bold</b>',
  transcripts: new Map([['mgmt-ping', 'Réponse <1ms & "TTL"']]),
  captures: ['captures/mgmt-pc.pcapng'],
}
const html = reportHtml(sources)

describe('the page about a run', () => {
  it('has all bars of an outage, which add up to it', () => {
    const figures = html.split('data-outage-us="').slice(1)
    expect(figures.length).toBe(2)
    for (const figure of figures) {
      const bars = [...figure.matchAll(/data-us="(\d+)"/g)].map(([, us]) => Number(us))
      expect(bars.reduce((sum, us) => sum + us)).toBe(Number.parseInt(figure, 10))
    }
  })

  it('marks each lost probe, and no other', () => {
    const lost = metrics.flows.reduce((sum, flow) => sum + flow.lost, 0)
    expect(html.match(/class="lost"/g)).toHaveLength(lost)
  })

  it('lets no text of a run become markup', () => {
    expect(html).not.toContain('<b>bold')
    expect(html).toContain('Réponse &lt;1ms &amp; &quot;TTL&quot;')
  })

  it('names nothing outside of the directory of its run', () => {
    expect([...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, to]) => to)).toEqual([
      'captures/mgmt-pc.pcapng',
    ])
    expect(html.length).toBeLessThan(1_500_000)
  })
})
