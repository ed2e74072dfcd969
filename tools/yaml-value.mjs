// A YAML file of the library, as JavaScript: it is read at build time, not at each start.
import { parse } from 'yaml'

/** @param {string} text */
export function yamlAsModule(text) {
  return `export default ${JSON.stringify(parse(text, { merge: true }))}`
}
