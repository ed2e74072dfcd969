import { XmlElement } from '@rgrove/parse-xml'

/** XML-RPC values, and their conversion from and to XML elements. */

/** 32-bit integers, booleans, strings, arrays and structs; no dates and no binary data. */
export type XmlRpcValue = string | number | boolean | readonly XmlRpcValue[] | XmlRpcStruct
export interface XmlRpcStruct {
  readonly [name: string]: XmlRpcValue
}

/** The maximum nesting, which no configuration reaches. */
const DEPTH_LIMIT = 64
const INTEGER = /^\s*[+-]?\d{1,10}\s*$/
const INT32_LIMIT = 2 ** 31

export function isStruct(value: XmlRpcValue | undefined): value is XmlRpcStruct {
  return typeof value === 'object' && !Array.isArray(value)
}

// --- To elements -------------------------------------------------------------------------------

/** An element to be written: its name, and its text or its child elements. */
export type XmlNode = readonly [name: string, content: string | readonly XmlNode[]]

export function encodeValue(value: XmlRpcValue): XmlNode {
  return ['value', [encodeContent(value)]]
}

function encodeContent(value: XmlRpcValue): XmlNode {
  if (typeof value === 'string') return ['string', value]
  if (typeof value === 'number') return ['int', String(value)]
  if (typeof value === 'boolean') return ['boolean', value ? '1' : '0']
  if (!isStruct(value)) return ['array', [['data', value.map(encodeValue)]]]
  const members = Object.entries(value).map(
    ([name, each]): XmlNode => ['member', [['name', name], encodeValue(each)]],
  )
  return ['struct', members]
}

// --- From elements -----------------------------------------------------------------------------

/** Decodes a `<value>`; undefined when it is not valid. */
export function decodeValue(element: XmlElement | undefined, depth = 0): XmlRpcValue | undefined {
  if (element?.name !== 'value' || depth > DEPTH_LIMIT) return undefined
  // Without a type it is a string (xmlrpc.com/spec.md, "Scalar <value>s").
  if (!element.children.some((child) => child instanceof XmlElement)) return element.text
  const [content, ...others] = elementsIn(element) ?? []
  if (content === undefined || others.length > 0) return undefined
  if (content.name === 'array') return decodeArray(content, depth)
  return content.name === 'struct' ? decodeStruct(content, depth) : decodeScalar(content)
}

function decodeScalar(element: XmlElement): XmlRpcValue | undefined {
  const { name, text } = element
  if (element.children.some((child) => child instanceof XmlElement)) return undefined
  if (name === 'string') return text
  if (name === 'boolean') return { '0': false, '1': true }[text.trim()]
  if ((name !== 'int' && name !== 'i4') || !INTEGER.test(text)) return undefined
  const value = Number(text)
  return value >= -INT32_LIMIT && value < INT32_LIMIT ? value : undefined
}

function decodeArray(element: XmlElement, depth: number): XmlRpcValue | undefined {
  const [data, ...others] = elementsIn(element) ?? []
  if (data?.name !== 'data' || others.length > 0) return undefined
  const values = elementsIn(data)?.map((each) => decodeValue(each, depth + 1))
  return values?.every((each) => each !== undefined) ? values : undefined
}

function decodeStruct(element: XmlElement, depth: number): XmlRpcValue | undefined {
  const struct = new Map<string, XmlRpcValue>()
  for (const member of elementsIn(element) ?? [undefined]) {
    const [name, content, ...others] = member?.name === 'member' ? (elementsIn(member) ?? []) : []
    const value = decodeValue(content, depth + 1)
    if (name?.name !== 'name' || value === undefined || others.length > 0) return undefined
    struct.set(name.text, value)
  }
  return Object.fromEntries(struct)
}

/** The child elements; undefined if there is text among them. */
export function elementsIn({ children }: XmlElement): XmlElement[] | undefined {
  const hasText = children.some((child) => 'text' in child && !isElement(child) && !isBlank(child))
  return hasText ? undefined : children.filter(isElement)
}

function isElement(node: unknown): node is XmlElement {
  return node instanceof XmlElement
}

function isBlank({ text }: { readonly text?: unknown }): boolean {
  return String(text).trim() === ''
}
