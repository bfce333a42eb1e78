/** `elanus/worker`: the file that runs in the worker. */

import { serve } from '../worker.js'

serve(globalThis as unknown as Parameters<typeof serve>[0])
