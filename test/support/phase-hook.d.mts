export const PHASES: readonly string[]
