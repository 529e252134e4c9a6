// Calls functions for `node.py`: one JSON object a line in, one out.
//
//   {"call": NAME, "arguments": [...]}                       -> {"value": ...}
//   {"time": NAME, "inputs": [[...], ...], "loops": N}       -> {"seconds": N}
//   anything that throws                                     -> {"error": TEXT}

import { createInterface } from 'node:readline'

// `prepare(NAME, [...])` brings arguments from the pipe into the form that the function takes,
// before the clock starts.
export async function serve(functions, prepare) {
  function answer(request) {
    if (request.call !== undefined) {
      return { value: functions[request.call](...prepare(request.call, request.arguments)) }
    }
    const run = functions[request.time]
    const inputs = request.inputs.map(list => prepare(request.time, list))
    const start = process.hrtime.bigint()
    for (let loop = 0; loop < request.loops; loop++) {
      for (const list of inputs) run(...list)
    }
    return { seconds: Number(process.hrtime.bigint() - start) / 1e9 }
  }

  for await (const line of createInterface({ input: process.stdin })) {
    let result
    try {
      result = answer(JSON.parse(line))
    } catch (error) {
      result = { error: String(error) }
    }
    process.stdout.write(JSON.stringify(result) + '\n')
  }
}
