// Process entry of the mending of a torn file: wiring only.
import { answerOneMending } from '../src/verify/mend-process.js'

answerOneMending()
