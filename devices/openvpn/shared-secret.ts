import { text } from '../../schema/fields.ts'

/** The field by which a server and its clients have the same keys. */
export const sharedSecret = () =>
  text('a text of at least 1 character', /^[^\p{Cc}]+$/u)
    .default('certificates and passwords')
    .describe('Stands for certificates and passwords: server and client have the same.')
