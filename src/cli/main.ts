#!/usr/bin/env node
// The `tickloom` command.
import { run } from './run.js'

process.exitCode = await run(process.argv.slice(2))
