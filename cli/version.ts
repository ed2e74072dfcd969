import manifest from '../package.json' with { type: 'json' }

/** Of this program; part of what a run's results depend on. */
export const VERSION: string = manifest.version
