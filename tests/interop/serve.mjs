// Calls functions for `node.py`: one JSON object a line in, one out.
//
//   {"call": NAME, "arguments": [...]}                       -> {"value": ...}
//   {"time": NAME, "inputs": [[...], ...], "loops": N,
//    "clock": "wall" or "processor"}                        -> {"seconds": N}
//   anything that throws                                     -> {"error": TEXT}

import { createInterface } from 'node:readline'

const clocks = {
  wall: () => Number(process.hrtime.bigint()) / 1e9,
  processor: () => (({ user, system }) => (user + system) / 1e6)(process.cpuUsage()),
}

// `prepare(NAME, [...])` brings arguments from the pipe into the form that the function takes,
// before the clock starts.
export async function serve(functions, prepare) {
  async function answer(request) {
    if (request.call !== undefined) {
      return { value: await functions[request.call](...prepare(request.call, request.arguments)) }
    }
    const run = functions[request.time]
    const inputs = request.inputs.map(list => prepare(request.time, list))
    const read = clocks[request.clock]
    const start = read()
    for (let loop = 0; loop < request.loops; loop++) {
      for (const list of inputs) {
        const made = run(...list)
        if (made instanceof Promise) await made
      }
    }
    return { seconds: read() - start }
  }

  for await (const line of createInterface({ input: process.stdin })) {
    let result
    try {
      result = await answer(JSON.parse(line))
    } catch (error) {
      result = { error: String(error) }
    }
    process.stdout.write(JSON.stringify(result) + '\n')
  }
}
