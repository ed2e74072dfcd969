import { bytesToUtf8 } from '@noble/ciphers/utils.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { parseXml, type XmlElement } from '@rgrove/parse-xml'
import { isWireError, type WireError } from '../wire-error.ts'
import {
  decodeValue,
  elementsIn,
  encodeValue,
  isStruct,
  type XmlNode,
  type XmlRpcValue,
} from './value.ts'

/** Calls and responses of XML-RPC (xmlrpc.com/spec.md), as the XML that HTTP carries. */

// --- Constants of the wire ---------------------------------------------------------------------

export const XMLRPC_CONTENT_TYPE = 'text/xml'
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
const METHOD_NAME = /^[A-Za-z0-9_.:/]+$/

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
  const [methodName, list, ...others] = partsOf(body, 'methodCall')
  if (methodName?.name !== 'methodName' || others.length > 0) return 'badType'
  const method = methodName.text.trim()
  if (!METHOD_NAME.test(method)) return 'badType'
  const params = list === undefined ? [] : parseParams(list)
  return isWireError(params) ? params : { method, params }
}

/** @returns `badType` for what is no response */
export function parseResponse(body: Uint8Array): XmlRpcResponse | WireError {
  const [part, ...others] = partsOf(body, 'methodResponse')
  if (part === undefined || others.length > 0) return 'badType'
  if (part.name === 'fault') return parseFault(elementsIn(part)?.[0])
  const params = parseParams(part)
  if (isWireError(params)) return params
  const [value] = params
  return value === undefined || params.length > 1 ? 'badType' : { value }
}

function parseFault(element: XmlElement | undefined): XmlRpcResponse | WireError {
  const value = decodeValue(element)
  if (!isStruct(value)) return 'badType'
  const { faultCode, faultString } = value
  if (typeof faultCode !== 'number' || typeof faultString !== 'string') return 'badType'
  return { fault: { faultCode, faultString } }
}

function parseParams(list: XmlElement): XmlRpcValue[] | WireError {
  const params = list.name === 'params' ? elementsIn(list) : undefined
  const values = params?.map((each) => {
    const [value, ...others] = each.name === 'param' ? (elementsIn(each) ?? []) : []
    return others.length === 0 ? decodeValue(value) : undefined
  })
  return values?.every((each) => each !== undefined) ? values : 'badType'
}

/** The elements in the root of a document, if that has the name; none for what is no XML. */
function partsOf(body: Uint8Array, root: string): XmlElement[] {
  const text = bytesToUtf8(body)
  // Only attackers define entities, so a document type is no part of XML-RPC here.
  if (text.includes('<!DOCTYPE')) return []
  try {
    const document = parseXml(text).root
    return document?.name === root ? (elementsIn(document) ?? []) : []
  } catch {
    return []
  }
}

// --- To bytes ----------------------------------------------------------------------------------

export function writeCall({ method, params }: XmlRpcCall): Uint8Array {
  return write(['methodCall', [['methodName', method], paramsNode(params)]])
}

export function writeResponse(response: XmlRpcResponse): Uint8Array {
  if ('value' in response) return write(['methodResponse', [paramsNode([response.value])]])
  const { faultCode, faultString } = response.fault
  return write(['methodResponse', [['fault', [encodeValue({ faultCode, faultString })]]]])
}

function paramsNode(params: readonly XmlRpcValue[]): XmlNode {
  return ['params', params.map((each): XmlNode => ['param', [encodeValue(each)]])]
}

function write(root: XmlNode): Uint8Array {
  return utf8ToBytes(`${DECLARATION}${textOf(root, '')}`)
}

/** An element with its end on a line of its own, unless it has no elements inside. */
function textOf([name, content]: XmlNode, indent: string): string {
  if (typeof content === 'string' || content.length === 0) {
    return `${indent}<${name}>${escapeText(String(content))}</${name}>\n`
  }
  const inner = content.map((each) => textOf(each, `${indent} `)).join('')
  return `${indent}<${name}>\n${inner}${indent}</${name}>\n`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string)
}
