/** A YAML file is its text. */
declare module '*.yaml' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: bundlers give a text file as its default export
  export default text
}
