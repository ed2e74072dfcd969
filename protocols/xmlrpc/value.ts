/** XML-RPC values, and their conversion from and to XML nodes. */

/** 32-bit integers, booleans, strings, arrays and structs; no dates and no binary data. */
export type XmlRpcValue = string | number | boolean | readonly XmlRpcValue[] | XmlRpcStruct
export interface XmlRpcStruct {
  readonly [name: string]: XmlRpcValue
}

/** The maximum nesting, which no configuration reaches. */
const DEPTH_LIMIT = 64
const INTEGER = /^\s*[+-]?\d{1,10}\s*$/
const INT32_LIMIT = 2 ** 31

/** Whether a value is an object and not an array. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isStruct(value: XmlRpcValue | undefined): value is XmlRpcStruct {
  return isMapping(value)
}

// --- To nodes ----------------------------------------------------------------------------------

/** The node inside `<value>`. */
export function encodeValue(value: XmlRpcValue): unknown {
  if (typeof value === 'string') return { string: value }
  if (typeof value === 'number') return { int: String(value) }
  if (typeof value === 'boolean') return { boolean: value ? '1' : '0' }
  if (isStruct(value)) {
    const member = Object.entries(value).map(([name, each]) => ({
      name,
      value: encodeValue(each),
    }))
    return { struct: member.length === 0 ? '' : { member } }
  }
  return { array: { data: value.length === 0 ? '' : { value: value.map(encodeValue) } } }
}

// --- From nodes --------------------------------------------------------------------------------

/** Decodes the content of a `<value>`; undefined when it is not valid. */
export function decodeValue(node: unknown, depth = 0): XmlRpcValue | undefined {
  if (depth > DEPTH_LIMIT) return undefined
  // Without a type it is a string (xmlrpc.com/spec.md, "Scalar <value>s").
  if (typeof node === 'string') return node
  const [type, content] = onlyElementOf(node) ?? []
  if (type === undefined) return undefined
  if (type === 'array') return decodeArray(content, depth)
  if (type === 'struct') return decodeStruct(content, depth)
  return typeof content === 'string' ? decodeScalar(type, content) : undefined
}

function decodeScalar(type: string, text: string): XmlRpcValue | undefined {
  if (type === 'string') return text
  if (type === 'boolean') return { '0': false, '1': true }[text.trim()]
  if ((type !== 'int' && type !== 'i4') || !INTEGER.test(text)) return undefined
  const value = Number(text)
  return value >= -INT32_LIMIT && value < INT32_LIMIT ? value : undefined
}

function decodeArray(content: unknown, depth: number): XmlRpcValue | undefined {
  const [name, data] = onlyElementOf(content) ?? []
  if (name !== 'data') return undefined
  if (isBlank(data)) return []
  const [item, items] = onlyElementOf(data) ?? []
  if (item !== 'value' || !Array.isArray(items)) return undefined
  const values = items.map((each) => decodeValue(each, depth + 1))
  return values.every((each) => each !== undefined) ? values : undefined
}

function decodeStruct(content: unknown, depth: number): XmlRpcValue | undefined {
  if (isBlank(content)) return {}
  const [item, members] = onlyElementOf(content) ?? []
  if (item !== 'member' || !Array.isArray(members)) return undefined
  const struct = new Map<string, XmlRpcValue>()
  for (const member of members) {
    if (!isMapping(member)) return undefined
    const { name } = member
    const value = decodeValue(member.value, depth + 1)
    if (typeof name !== 'string' || value === undefined) return undefined
    struct.set(name, value)
  }
  return Object.fromEntries(struct)
}

/** Whether a node is only white space between tags. */
function isBlank(node: unknown): boolean {
  return typeof node === 'string' && node.trim() === ''
}

function onlyElementOf(node: unknown): readonly [name: string, content: unknown] | undefined {
  if (!isMapping(node)) return undefined
  const elements = Object.entries(node).filter(([name, each]) => name !== '#text' || !isBlank(each))
  return elements.length === 1 ? elements[0] : undefined
}
