import { isStruct, type XmlRpcStruct, type XmlRpcValue } from '../../../protocols/xmlrpc/value.ts'

/** Common parts of the sections of config.xml: lists, texts, numbers, and boxes that are ticked. */

/** The entries of a list in a section, structures all. */
export function listIn(section: XmlRpcValue | undefined, name: string): XmlRpcStruct[] {
  const list = isStruct(section) ? section[name] : undefined
  return Array.isArray(list) ? list.filter((each) => isStruct(each)) : []
}

/** The text of an element. PHP makes numbers of some texts. */
export function textIn(struct: XmlRpcStruct, name: string): string | undefined {
  const value = struct[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

/** A number in decimal digits; undefined for what is none, or out of bounds. */
export function numberIn(
  struct: XmlRpcStruct,
  name: string,
  from: number,
  to: number,
): number | undefined {
  const text = textIn(struct, name) ?? ''
  const value = Number(text)
  return /^\d{1,9}$/.test(text) && value >= from && value <= to ? value : undefined
}

/** A box of the GUI: the element is there, empty, where it is ticked. */
export function box<Name extends string>(name: Name, ticked: boolean | undefined): XmlRpcStruct {
  return ticked === true ? { [name]: '' } : {}
}
