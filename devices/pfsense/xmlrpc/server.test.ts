import { describe, expect, it } from 'vitest'
import { fromAscii } from '../../../protocols/bytes.ts'
import { basicAuthorization } from '../../../protocols/http/basic-auth.ts'
import type { HttpRequest } from '../../../protocols/http/wire.ts'
import type { XmlRpcStruct, XmlRpcValue } from '../../../protocols/xmlrpc/value.ts'
import { parseResponse, writeCall } from '../../../protocols/xmlrpc/wire.ts'
import { ip } from '../../laboratory.fixture.ts'
import { XmlRpcServer } from './server.ts'

const PRIMARY = ip('172.29.100.251')
const ADMIN = { username: 'admin', password: 'pfsense' }
const USERS = [
  { ...ADMIN, mayBeSynchronizedTo: true },
  { username: 'guest', password: 'guest', mayBeSynchronizedTo: false },
]

function asked(settings: { synchronizesTo?: number } = {}) {
  const told: string[] = []
  const restored: { sections: XmlRpcStruct; done: () => void }[] = []
  const server = new XmlRpcServer({
    version: '23.3',
    users: USERS,
    synchronizesTo: settings.synchronizesTo,
    restore: (sections, _from, done) => restored.push({ sections, done }),
    loopDetected: () => told.push('loop'),
    refused: (username, _from, why) => told.push(`${username}: ${why}`),
  })
  const answers: unknown[] = []
  const post = (body: Uint8Array, authorization: string): void => {
    const fields: HttpRequest['fields'] = [['Authorization', authorization]]
    const request = { method: 'POST', target: '/xmlrpc.php', fields, body }
    server.handle(request, PRIMARY, ({ body: answer }) => answers.push(parseResponse(answer)))
  }
  const call = (method: string, params: XmlRpcValue[], credentials = ADMIN): void =>
    post(writeCall({ method: `pfsense.${method}`, params }), basicAuthorization(credentials))
  return { told, restored, answers, post, call }
}

const faultOf = (answers: unknown[]) =>
  (answers as { fault?: { faultCode: number } }[]).map(({ fault }) => fault?.faultCode)

describe('XML-RPC on a node', () => {
  it('tells its version', () => {
    const { answers, call } = asked()
    call('host_firmware_version', [1])
    expect(answers).toMatchObject([{ value: { config_version: '23.3' } }])
  })

  it('takes sections in, and answers when that is done', () => {
    const { answers, restored, call } = asked()
    call('restore_config_section', [{ filter: { rule: [] } }, 900])
    expect([answers.length, restored[0]?.sections]).toEqual([0, { filter: { rule: [] } }])
    restored[0]?.done()
    expect(answers).toEqual([{ value: true }])
  })

  it('does one thing at a time', () => {
    const { answers, restored, call } = asked()
    call('restore_config_section', [{}])
    call('restore_config_section', [{}])
    call('host_firmware_version', [])
    expect([restored.length, answers.length]).toEqual([1, 0])
    restored[0]?.done()
    expect([restored.length, answers.length]).toEqual([2, 1])
    restored[1]?.done()
    expect(answers).toHaveLength(3)
  })

  it('lets nobody in without the right password and privilege', () => {
    const { answers, told, restored, call, post } = asked()
    call('restore_config_section', [{}], { username: 'admin', password: 'wrong' })
    call('restore_config_section', [{}], { username: 'nobody', password: 'pfsense' })
    call('restore_config_section', [{}], { username: 'guest', password: 'guest' })
    post(writeCall({ method: 'pfsense.host_firmware_version', params: [] }), 'nonsense')
    expect(faultOf(answers)).toEqual([-1, -1, -2, -1])
    expect(restored).toEqual([])
    expect(told).toEqual([
      'admin: Invalid username or password',
      'nobody: Invalid username or password',
      'guest: not enough privileges',
      ': Invalid username or password',
    ])
  })

  it('refuses a loop with a success, but tells its version even so', () => {
    const { answers, restored, told, call } = asked({ synchronizesTo: PRIMARY })
    call('host_firmware_version', [])
    call('restore_config_section', [{ filter: {} }])
    expect(answers[1]).toEqual({ value: true })
    expect([restored, told]).toEqual([[], ['loop']])
  })

  it('answers nonsense with a fault', () => {
    const { answers, call, post } = asked()
    post(fromAscii('<methodCall>'), basicAuthorization(ADMIN))
    call('exec_php', ['phpinfo();'])
    call('restore_config_section', ['filter'])
    call('restore_config_section', [])
    expect(faultOf(answers)).toEqual([-32_700, -32_601, -32_602, -32_602])
  })
})
