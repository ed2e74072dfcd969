import {
  duration,
  integer,
  ipv4,
  list,
  mapping,
  oneOf,
  positiveDuration,
  text,
  yesOrNo,
} from '../../../schema/fields.ts'

/** The configuration of a firewall as such: its pages, and how it comes to the other node. */

const ADMIN = 'admin'
/** With which every pfSense is delivered. */
const FACTORY_PASSWORD = 'pfsense'

const username = () => text('a user name without a colon', /^[^\p{Cc}:]+$/u)
const password = () => text('a password of at least 1 character', /^[^\p{Cc}]+$/u)

const userSchema = mapping({
  username: username().describe('Unique on its firewall.'),
  password: password().default(FACTORY_PASSWORD).describe('To log in.'),
  haNodeSync: yesOrNo()
    .default(false)
    .describe('Privilege "System - HA node sync"; the admin has it anyway.'),
}).describe('Somebody who may log in.')

export const webGuiSchema = mapping({
  protocol: oneOf('https', 'http')
    .default('https')
    .describe('http lets captures show what is said; https is the default of pfSense.'),
  port: integer(1, 65_535).default(443).describe('TCP port of the pages and of XML-RPC.'),
  antiLockout: yesOrNo()
    .default(true)
    .describe('Whether a rule of its own opens the port of the pages on the LAN.'),
  httpRedirect: yesOrNo()
    .default(true)
    .describe('With https: whether that rule opens port 80 too, which redirects to it.'),
  users: list(userSchema, 'users')
    .default([{ username: ADMIN, password: FACTORY_PASSWORD, haNodeSync: true }])
    .describe('Who may log in.'),
}).describe('System > Advanced > Admin Access.')

const ticked = (what: string) => yesOrNo().default(true).describe(what)

const sectionsSchema = mapping({
  users: ticked('Users and groups.'),
  certificates: ticked('Certificates, their authorities and revocation lists.'),
  rules: ticked('Firewall rules.'),
  aliases: ticked('Firewall aliases.'),
  nat: ticked('NAT.'),
  openvpn: ticked('OpenVPN, which implies certificates.'),
  virtualIps: ticked('Virtual IPs, with a skew greater by 100.'),
})

export const configSyncSchema = mapping({
  to: ipv4().describe('Synchronize Config to IP: the address of the other node.'),
  username: username().default(ADMIN).describe('Remote System Username.'),
  password: password().default(FACTORY_PASSWORD).describe('Remote System Password.'),
  sections: sectionsSchema
    .default(sectionsSchema.parse({}))
    .describe('What is synchronised: the boxes that are ticked.'),
  connectTimeout: positiveDuration()
    .default('10s')
    .describe('How long a connection may take to open; each call is tried four times.'),
}).describe('XMLRPC Sync of System > High Avail. Sync: after every change that is saved.')

export const configurationFields = {
  configVersion: text('a revision such as 23.3', /^\d{1,3}\.\d{1,3}$/)
    .default('23.3')
    .describe('Revision of config.xml; 23.3 is that of pfSense 2.7.2. Both nodes need the same.'),
  filterLoadTime: duration()
    .default('500ms')
    .describe('From the start of a filter reload to the rules being in force.'),
  webGui: webGuiSchema.default(webGuiSchema.parse({})).describe('Administration page.'),
  configSync: configSyncSchema
    .exactOptional()
    .describe('Configuration synchronisation; absent: none, as on a secondary.'),
}
