// Process entry of an isolated query: wiring only.
import { answerOneQuery } from '../src/store/query-process.js'

answerOneQuery()
