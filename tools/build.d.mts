export function buildProgram(outdir: string): Promise<void>
