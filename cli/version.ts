import manifest from '../package.json' with { type: 'json' }

/** The version of this program. The results of a run depend on it. */
export const VERSION: string = manifest.version
