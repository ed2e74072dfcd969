import type { AnyEvent, EventKinds } from '../../engine/journal.ts'
import type { Nanoseconds } from '../../engine/time.ts'
import { formatIpv4, type Ipv4Address } from '../../protocols/addresses.ts'
import type { HttpRequest } from '../../protocols/http/wire.ts'
import type { XmlRpcStruct } from '../../protocols/xmlrpc/value.ts'
import type { VirtualIp } from '../freebsd/carp/service.ts'
import type { RunningHost } from '../host/host.ts'
import { serveWeb, type WebReply } from '../web/server.ts'
import type { World } from '../world.ts'
import type { Configuration } from './config/configuration.ts'
import { mergeSections } from './config/sections.ts'
import type { pfsenseEvents } from './events.ts'
import { loginPage } from './login-page.ts'
import type { ConfiguredRule } from './pf-configuration.ts'
import type { ReloadStatus } from './reload-status.ts'
import type { VirtualIps } from './virtual-ips.ts'
import { XmlRpcClient } from './xmlrpc/client.ts'
import { filterSynchronize } from './xmlrpc/filter-synchronize.ts'
import { NOT_A_CALL, XmlRpcServer } from './xmlrpc/server.ts'
import { type ConfigSyncSettings, type WebGuiSettings, XMLRPC_PATH } from './xmlrpc/settings.ts'

/** How a node is administered, but for what is configured. */
export type AdministrationOptions = Omit<AdministrationSettings, 'configuration'> & {
  /** `version` of config.xml. */
  readonly configVersion: string
}

/** The settings as delivered, with rules that are in force at once. */
export const FACTORY_ADMINISTRATION: AdministrationOptions = {
  configVersion: '23.3',
  webGui: {
    protocol: 'https',
    port: 443,
    users: [{ username: 'admin', password: 'pfsense', mayBeSynchronizedTo: true }],
  },
  filterLoadNs: 0,
}

export interface AdministrationSettings {
  readonly configuration: Configuration
  readonly webGui: WebGuiSettings
  /** Undefined: this node does not synchronise its configuration to another, as is the secondary's. */
  readonly configSync?: ConfigSyncSettings | undefined
  /** From the script rc.filter_configure_sync being started to the new rules being in force. */
  readonly filterLoadNs: Nanoseconds
}

/** The fields of an existing virtual IP that an administrator may change. */
export type VirtualIpChange = Partial<Pick<VirtualIp, 'advskew' | 'advbaseSeconds' | 'password'>>

/** The node whose configuration it is. */
export interface AdministeredNode {
  readonly name: string
  /** Undefined while there is nobody to administer. */
  system(): AdministeredSystem | undefined
}

/** The running system of a node, as a change of its configuration needs it. */
export interface AdministeredSystem {
  readonly running: RunningHost
  readonly reloadStatus: ReloadStatus
  readonly virtualIps: VirtualIps
  /** Loads the rules of the configuration; how many there are then. */
  loadFilter(): number
  /** interfaces_sync_setup; `through` is called when it is done. */
  interfacesSyncSetup(through: () => void): void
  /** Restarts the OpenVPN server if another one is configured than runs. */
  resyncOpenVpn(): void
}

/**
 * The configuration of a pfSense node, and how it changes: by an administrator in the GUI, or by the
 * other node over XML-RPC. It outlives the running system; its scripts and its web server do not.
 */
export class Administration {
  #world: World
  #settings: AdministrationSettings
  #node: AdministeredNode
  #configuration: Configuration
  #syncs = 0

  constructor(world: World, settings: AdministrationSettings, node: AdministeredNode) {
    this.#world = world
    this.#settings = settings
    this.#node = node
    this.#configuration = settings.configuration
  }

  get configuration(): Configuration {
    return this.#configuration
  }

  // --- In the GUI -------------------------------------------------------------------------------

  /** Firewall > Rules > (interface) > Add at the end > Save > Apply Changes. */
  saveRule(rule: ConfiguredRule): void {
    const { rules } = this.#configuration
    this.save('Firewall: Rules - saved/edited a firewall rule.', { rules: [...rules, rule] })
    this.#reloadFilter()
  }

  /** Firewall > Virtual IPs > Edit of one > Save; to apply it is up to the node. */
  saveVirtualIp(on: string, vhid: number, change: VirtualIpChange): void {
    const virtualIps = this.#configuration.virtualIps.map((each) =>
      each.interface === on && each.vhid === vhid ? { ...each, ...change } : each,
    )
    this.save('Firewall: Virtual IP - saved/edited a virtual IP.', { virtualIps })
  }

  /** Any page > Save (write_config), which synchronises, whatever was changed. */
  save(description: string, change: Partial<Configuration> = {}): void {
    const system = this.#node.system()
    if (system === undefined) return
    this.#configuration = { ...this.#configuration, ...change }
    this.#log('config.saved', `Configuration Change: ${description}`, {})
    system.reloadStatus.send('filter sync', () => this.#synchronize())
  }

  /** filter_configure: it only sends an event; rc.filter_configure_sync does the work. */
  #reloadFilter(): void {
    const system = this.#node.system()
    if (system === undefined) return
    const loaded = system.running.stack.timer(() => {
      const rules = system.loadFilter()
      this.#log('filter.loaded', `filter: ${rules} rules loaded`, { rules })
    })
    system.reloadStatus.send('filter reload', () => loaded.arm(this.#settings.filterLoadNs))
  }

  // --- To the other node ------------------------------------------------------------------------

  #synchronize(): void {
    const running = this.#node.system()?.running
    const { configSync, webGui } = this.#settings
    // Without an address to synchronise to the script ends without a word.
    if (running === undefined || configSync === undefined) return
    const { to } = configSync
    const secure = webGui.protocol === 'https' || webGui.port === 443
    this.#syncs += 1
    const details = { sync: this.#syncs, to: formatIpv4(to) }
    const client = new XmlRpcClient(
      running,
      // The port is this node's own: it is taken for granted that the other one has the same.
      { address: to, port: webGui.port, secure },
      configSync,
      this.#world.random.stream(`${this.#node.name}/tls`),
      {
        attempting: (method, attempt) =>
          this.#log('sync.call', `Beginning XMLRPC sync data to ${client.url}.`, {
            ...details,
            method,
            attempt,
          }),
        failed: (method, attempt, error, isLast) => {
          const about = { ...details, method, attempt, error }
          if (isLast) this.#log('sync.notice', `notice XMLRPC Error: ${error}`, about)
          else this.#log('sync.retry', `Retrying XMLRPC Request due to error: ${error}`, about)
        },
      },
    )
    this.#log('sync.started', 'Building high availability sync information', details)
    filterSynchronize(client, this.#configuration, configSync.sections, {
      log: (text) => this.#log('sync.log', text, details),
      ended: (result, attempts) =>
        this.#log('sync.ended', `configuration sync: ${result}`, { ...details, result, attempts }),
    })
  }

  // --- From the other node, and from browsers ---------------------------------------------------

  /** The node is up: its web server answers on all its addresses. */
  startWebGui(running: RunningHost): void {
    const { protocol, port } = this.#settings.webGui
    const { name } = this.#node
    const draws = protocol === 'https' ? this.#world.random.stream(`${name}/tls`) : undefined
    const calls = this.#makeServer()
    serveWeb(running, port, draws, (request, from, reply) => {
      if (request.target !== XMLRPC_PATH) reply(pageFor(request, name))
      else if (request.method === 'POST') calls.handle(request, from, reply)
      else reply(NOT_A_CALL)
    })
  }

  #makeServer(): XmlRpcServer {
    const { webGui, configSync } = this.#settings
    return new XmlRpcServer({
      version: this.#configuration.version,
      users: webGui.users,
      synchronizesTo: configSync?.to,
      restore: (sections, from, done) => this.#restore(sections, from, done),
      loopDetected: (from) =>
        this.#log('sync.loop', 'Disallowing CARP sync loop', { from: formatIpv4(from) }),
      refused: (username, from, why) => {
        const who = `user '${username}' from: ${formatIpv4(from)}`
        const text = `webConfigurator authentication error for ${who} (${why})`
        this.#log('sync.refused', text, { from: formatIpv4(from) })
      },
    })
  }

  /** The received sections replace those here. Rules that only this node had are lost. */
  #restore(sections: XmlRpcStruct, from: Ipv4Address, done: () => void): void {
    const before = this.#configuration.virtualIps
    const merged = mergeSections(this.#configuration, sections)
    const names = Object.keys(sections).join(', ')
    this.save(`Merged in config (${names} sections) from XMLRPC client.`, merged)
    this.#log('sync.merged', `configuration taken over from ${formatIpv4(from)}`, {
      from: formatIpv4(from),
      sections: names,
    })
    const finish = (): void => {
      this.#reloadFilter()
      this.#node.system()?.resyncOpenVpn()
      done()
    }
    const system = this.#node.system()
    const wasSetUp =
      'virtualip' in sections && system?.virtualIps.replace(before, this.#configuration.virtualIps)
    if (wasSetUp) system?.interfacesSyncSetup(finish)
    else finish()
  }

  #log<Kind extends keyof typeof pfsenseEvents>(
    kind: Kind,
    text: string,
    details: EventKinds[Kind],
  ): void {
    this.#world.tell({ node: this.#node.name, kind, text, details } as AnyEvent)
  }
}

const NOT_FOUND: WebReply = {
  status: 404,
  reason: 'Not Found',
  contentType: 'text/html',
  body: new Uint8Array(),
}

function pageFor({ method, target }: HttpRequest, hostname: string): WebReply {
  const isPage = method === 'GET' && (target === '/' || target === '/index.php')
  return isPage ? loginPage(hostname) : NOT_FOUND
}
