// Thread entry of a shard: wiring only.
import type { ShardEnd, ShardTask } from '../src/post/message.js'
import { runShard } from '../src/shard/run-shard.js'

export default function run(task: ShardTask): Promise<ShardEnd> {
  return runShard(task)
}
