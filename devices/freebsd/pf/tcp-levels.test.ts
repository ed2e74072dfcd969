import { describe, expect, it } from 'vitest'
import { Connection, type Step } from './connection.fixture.ts'

describe('the levels and timeouts of TCP', () => {
  it.each<[string, readonly (readonly [...Step, stage: string])[]]>([
    [
      'a connection closed by the client first',
      [
        ['>', 'S', { seq: 1000 }, '2:0 tcpFirst'],
        ['<', 'SA', { seq: 9000, ack: 1001 }, '4:2 tcpOpening'],
        ['>', 'A', { seq: 1001, ack: 9001 }, '4:4 tcpEstablished'],
        ['>', 'PA', { seq: 1001, ack: 9001, payloadBytes: 100 }, '4:4 tcpEstablished'],
        ['<', 'PA', { seq: 9001, ack: 1101, payloadBytes: 10 }, '4:4 tcpEstablished'],
        ['>', 'FA', { seq: 1101, ack: 9011 }, '7:4 tcpClosing'],
        ['<', 'A', { seq: 9011, ack: 1102 }, '9:4 tcpClosing'],
        ['<', 'FA', { seq: 9011, ack: 1102 }, '9:7 tcpFinWait'],
        ['>', 'A', { seq: 1102, ack: 9012 }, '9:9 tcpClosed'],
      ],
    ],
    [
      'both ends closing at once',
      [
        ['>', 'S', { seq: 1000 }, '2:0 tcpFirst'],
        ['<', 'SA', { seq: 9000, ack: 1001 }, '4:2 tcpOpening'],
        ['>', 'A', { seq: 1001, ack: 9001 }, '4:4 tcpEstablished'],
        ['>', 'FA', { seq: 1001, ack: 9001 }, '7:4 tcpClosing'],
        ['<', 'FA', { seq: 9001, ack: 1001 }, '9:7 tcpFinWait'],
        ['>', 'A', { seq: 1002, ack: 9002 }, '9:9 tcpClosed'],
      ],
    ],
    [
      'a refused connection',
      [
        ['>', 'S', { seq: 1000 }, '2:0 tcpFirst'],
        ['<', 'RA', { seq: 0, ack: 1001 }, '10:10 tcpClosed'],
      ],
    ],
    [
      'a reset',
      [
        ['>', 'S', { seq: 1000 }, '2:0 tcpFirst'],
        ['<', 'SA', { seq: 9000, ack: 1001 }, '4:2 tcpOpening'],
        ['>', 'A', { seq: 1001, ack: 9001 }, '4:4 tcpEstablished'],
        ['>', 'R', { seq: 1001 }, '10:10 tcpClosed'],
      ],
    ],
    [
      'a SYN sent again before the answer keeps the first timeout',
      [
        ['>', 'S', { seq: 1000 }, '2:0 tcpFirst'],
        ['>', 'S', { seq: 1000 }, '2:0 tcpOpening'],
        ['<', 'SA', { seq: 9000, ack: 1001 }, '4:2 tcpOpening'],
      ],
    ],
  ])('%s', (_, steps) => {
    const connection = new Connection()
    const stages = steps.map(([way, flags, details]) => {
      expect(connection.send(way, flags, details)).toBe('pass')
      return connection.stage
    })
    expect(stages).toEqual(steps.map(([, , , stage]) => stage))
  })
})

describe('one half of a connection, under a sloppy rule', () => {
  it('is taken for the whole', () => {
    const connection = new Connection('pass all sloppy')
    connection.send('>', 'S', { seq: 1000 })
    connection.send('>', 'A', { seq: 1001, ack: 9001 })
    expect(connection.stage).toBe('4:4 tcpEstablished')
    connection.send('>', 'FA', { seq: 1001, ack: 9001 })
    expect(connection.stage).toBe('7:7 tcpFinWait')
    connection.send('>', 'A', { seq: 1002, ack: 9002 })
    expect(connection.stage).toBe('7:9 tcpFinWait')
  })
})
