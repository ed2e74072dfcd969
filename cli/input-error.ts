/** What the user gave is wrong. The message is all there is to say; exit status 2. */
export class InputError extends Error {}
