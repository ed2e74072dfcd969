/** Wrong input from the user. The message says everything; the exit status is 2. */
export class InputError extends Error {}
