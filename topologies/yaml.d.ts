/** A YAML file is its value. */
declare module '*.yaml' {
  const value: unknown
  // biome-ignore lint/style/noDefaultExport: bundlers give a data file as its default export
  export default value
}
