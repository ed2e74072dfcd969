import { bytesToUtf8 } from '@noble/ciphers/utils.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser'
import { isWireError, type WireError } from '../wire-error.ts'
import { decodeValue, encodeValue, isMapping, type XmlRpcValue } from './value.ts'

/** Calls and responses of XML-RPC (xmlrpc.com/spec.md), as the XML that HTTP carries. */

// --- Constants of the wire ---------------------------------------------------------------------

export const XMLRPC_CONTENT_TYPE = 'text/xml'
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
const METHOD_NAME = /^[A-Za-z0-9_.:/]+$/

const builder = new XMLBuilder({ format: true, indentBy: ' ' })
const parser = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  // What may come several times is a list even if it comes once.
  isArray: (name, path) =>
    name === 'param' || name === 'member' || String(path).endsWith('array.data.value'),
})

// --- Parsed form -------------------------------------------------------------------------------

export interface XmlRpcCall {
  readonly method: string
  readonly params: readonly XmlRpcValue[]
}

export interface XmlRpcFault {
  readonly faultCode: number
  readonly faultString: string
}

export type XmlRpcResponse = { readonly value: XmlRpcValue } | { readonly fault: XmlRpcFault }

/** @returns `badType` for what is no call */
export function parseCall(body: Uint8Array): XmlRpcCall | WireError {
  const call = parseDocument(body)?.methodCall
  if (!isMapping(call)) return 'badType'
  const { methodName } = call
  if (typeof methodName !== 'string' || !METHOD_NAME.test(methodName.trim())) return 'badType'
  const params = parseParams(call.params)
  return isWireError(params) ? params : { method: methodName.trim(), params }
}

/** @returns `badType` for what is no response */
export function parseResponse(body: Uint8Array): XmlRpcResponse | WireError {
  const response = parseDocument(body)?.methodResponse
  if (!isMapping(response)) return 'badType'
  if (isMapping(response.fault)) return parseFault(response.fault.value)
  const params = parseParams(response.params)
  if (isWireError(params)) return params
  const [value] = params
  return value === undefined || params.length > 1 ? 'badType' : { value }
}

function parseFault(node: unknown): XmlRpcResponse | WireError {
  const value = decodeValue(node)
  if (!isMapping(value)) return 'badType'
  const { faultCode, faultString } = value
  if (typeof faultCode !== 'number' || typeof faultString !== 'string') return 'badType'
  return { fault: { faultCode, faultString } }
}

function parseParams(node: unknown): XmlRpcValue[] | WireError {
  if (node === undefined || typeof node === 'string') return []
  const list = isMapping(node) ? (node.param ?? []) : undefined
  if (!Array.isArray(list)) return 'badType'
  const values = list.flatMap((each) => {
    const value = isMapping(each) ? decodeValue(each.value) : undefined
    return value === undefined ? [] : [value]
  })
  return values.length === list.length ? values : 'badType'
}

/** The elements of a document by their names; undefined for what is no XML. */
function parseDocument(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  const text = bytesToUtf8(body)
  // Entities of one's own are for attackers only, so a document type is no part of XML-RPC here.
  if (text.includes('<!DOCTYPE') || XMLValidator.validate(text) !== true) return undefined
  try {
    const document: unknown = parser.parse(text)
    return isMapping(document) ? document : undefined
  } catch {
    return undefined
  }
}

// --- To bytes ----------------------------------------------------------------------------------

export function writeCall({ method, params }: XmlRpcCall): Uint8Array {
  return write({ methodCall: { methodName: method, params: paramsNode(params) } })
}

export function writeResponse(response: XmlRpcResponse): Uint8Array {
  if ('value' in response) {
    return write({ methodResponse: { params: paramsNode([response.value]) } })
  }
  const { faultCode, faultString } = response.fault
  return write({ methodResponse: { fault: { value: encodeValue({ faultCode, faultString }) } } })
}

function paramsNode(params: readonly XmlRpcValue[]): unknown {
  return { param: params.map((each) => ({ value: encodeValue(each) })) }
}

function write(document: unknown): Uint8Array {
  return utf8ToBytes(`${DECLARATION}${builder.build(document)}`)
}
